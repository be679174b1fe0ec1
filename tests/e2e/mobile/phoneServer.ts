import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer, request as forward, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import path from "node:path";

const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
  ".png": "image/png",
  ".ttf": "font/ttf",
};

/** What the homeserver answers; everything else is a page of the app. */
const api = /^\/(_matrix|_teammessenger|v1|health)(\/|$)/;

/**
 * Lends the phone app, built for browsers, to Chromium. It passes requests on to the homeserver: a phone knows no origins,
 * so that the browser that stands in for one must see but one.
 */
export class PhoneServer {
  readonly #server: Server;
  private readonly dist: string;
  private readonly homeserver: string;

  private constructor(dist: string, homeserver: string) {
    this.dist = dist;
    this.homeserver = homeserver;
    this.#server = createServer((request, response) => {
      if (api.test(request.url ?? "")) this.#forward(request, response);
      else void this.#serve(request, response);
    });
  }

  static async start(dist: string, homeserver: string): Promise<PhoneServer> {
    const started = new PhoneServer(dist, homeserver);
    started.#server.listen(0, "127.0.0.1");
    await once(started.#server, "listening");
    return started;
  }

  get address(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? "/", "http://phone");
    const asked = path.join(this.dist, path.normalize(decodeURIComponent(pathname)));
    const found = await stat(asked).catch(() => null);
    const file = found?.isFile() ? asked : path.join(this.dist, "index.html");
    response.writeHead(200, {
      "Content-Type": types[path.extname(file)] ?? "application/octet-stream",
      // SQLite's threads share memory: browsers allow that to pages that are isolated from others.
      "Cross-Origin-Opener-Policy": "same-origin",
      "Cross-Origin-Embedder-Policy": "require-corp",
      "Cache-Control": "no-store",
    });
    createReadStream(file).pipe(response);
  }

  #forward(request: IncomingMessage, response: ServerResponse): void {
    const { hostname, port } = new URL(this.homeserver);
    const passed = forward({ hostname, port, path: request.url, method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    passed.on("error", () => response.destroy());
    response.on("close", () => passed.destroy());
    request.pipe(passed);
  }
}
