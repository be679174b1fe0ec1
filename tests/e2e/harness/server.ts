import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";

const execute = promisify(execFile);
const root = path.resolve(import.meta.dirname, "../../..");
/** A first start may have to build the web client. */
const startMs = 180_000;
const stopMs = 30_000;

/** `make run`, as a person starts it: on a data folder and port of its own. */
export class TeamMessenger {
  readonly adminPassword = "a password for the administrator";
  #process: ChildProcess | null = null;
  #output = "";

  private readonly data: string;
  private readonly port: number;
  private readonly variables: NodeJS.ProcessEnv;

  private constructor(data: string, port: number, variables: NodeJS.ProcessEnv) {
    this.data = data;
    this.port = port;
    this.variables = variables;
  }

  /** `variables`: more of those that the README names, such as DEMO. */
  static async install(variables: NodeJS.ProcessEnv = {}): Promise<TeamMessenger> {
    const data = await mkdtemp(path.join(tmpdir(), "team-e2e-"));
    return new TeamMessenger(data, await freePort(), variables);
  }

  get address(): string {
    return `http://localhost:${this.port}`;
  }

  /** What it has written to its terminal. */
  get output(): string {
    return this.#output;
  }

  /** Resolves once it answers; also after a kill, on the same data. */
  async start(): Promise<void> {
    const made = spawn("make", ["--no-print-directory", "run"], {
      cwd: root,
      detached: true, // a process group of its own, as in a terminal
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...withoutMake(process.env),
        DATA: this.data,
        PORT: String(this.port),
        ADMIN_PASSWORD: this.adminPassword,
        RATE_LIMITS: "off",
        ...this.variables,
      },
    });
    for (const stream of [made.stdout, made.stderr]) stream.on("data", (text) => (this.#output += String(text)));
    this.#process = made;
    const deadline = Date.now() + startMs;
    while (!(await this.#answers())) {
      if (made.exitCode !== null) throw new Error(`make run ended with ${made.exitCode}:\n${this.#output}`);
      if (Date.now() > deadline) throw new Error(`make run does not answer:\n${this.#output}`);
      await sleep(100);
    }
  }

  /** Ctrl-C. True when everything has ended in time and cleared up after itself. */
  async stop(): Promise<boolean> {
    return this.#end("SIGINT");
  }

  /** `kill -9` of everything at once. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** `python -m homeserver reset-password`: the temporary password that it prints. */
  async resetPassword(user: string): Promise<string> {
    const python = path.join(root, ".venv/bin/python");
    const { stdout } = await execute(python, ["-m", "homeserver", "reset-password", user], {
      cwd: root,
      env: { ...process.env, DATA: this.data },
    });
    const password = / signs in with (\S+), /.exec(stdout)?.[1];
    if (password === undefined) throw new Error(`reset-password said: ${stdout}`);
    return password;
  }

  /** While `work` is done there is no tasks service: its process is killed, as often as it is started again. */
  async withoutTasks<T>(work: () => Promise<T>): Promise<T> {
    const killing = { wanted: true };
    const killer = (async () => {
      while (killing.wanted) {
        for (const pid of await this.#taskProcesses()) {
          try {
            process.kill(pid, "SIGKILL");
          } catch {
            // It has ended by itself.
          }
        }
        await sleep(250);
      }
    })();
    try {
      while ((await fetch(`${this.address}/v1/tasks`)).status !== 503) await sleep(50);
      return await work();
    } finally {
      killing.wanted = false;
      await killer;
    }
  }

  /** Those of this installation: their command names a file in its data. */
  async #taskProcesses(): Promise<number[]> {
    const found: number[] = [];
    for (const entry of await readdir("/proc")) {
      if (!/^\d+$/.test(entry)) continue;
      const command = await readFile(`/proc/${entry}/cmdline`, "utf8").catch(() => "");
      if (command.includes("appservice_tasks") && command.includes(this.data)) found.push(Number(entry));
    }
    return found;
  }

  /** Stops it and forgets its data. */
  async remove(): Promise<void> {
    if (this.#process !== null) await this.stop();
    await rm(this.data, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<boolean> {
    const made = this.#process;
    if (made === null) throw new Error("make run is not running");
    this.#process = null;
    const ended = once(made, "exit");
    process.kill(-(await this.#group()), signal);
    const inTime = await Promise.race([ended.then(() => true), sleep(stopMs, false, { ref: false })]);
    while (inTime && (await this.#answers())) await sleep(20);
    return inTime && (await this.#groupIfAny()) === null;
  }

  async #group(): Promise<number> {
    const group = await this.#groupIfAny();
    if (group === null) throw new Error(`There is no run.pid in ${this.data}`);
    return group;
  }

  async #groupIfAny(): Promise<number | null> {
    const text = await readFile(path.join(this.data, "run.pid"), "utf8").catch(() => null);
    return text === null ? null : Number(text);
  }

  async #answers(): Promise<boolean> {
    try {
      return (await fetch(`http://127.0.0.1:${this.port}/health`)).ok;
    } catch {
      return false;
    }
  }
}

/** The tests themselves may run under `make test`, whose variables are not for another make. */
function withoutMake(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !["MAKEFLAGS", "MAKELEVEL", "MFLAGS", "DATABASE_URL", "SERVER_NAME"].includes(name)),
  );
}

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as AddressInfo;
  listener.close();
  await once(listener, "close");
  return port;
}
