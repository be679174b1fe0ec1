import type { Platform } from "../src/index";

/** A platform whose time stands still until a test moves it. */
export class TestClock implements Platform {
  time = 1_700_000_000_000;
  online = true;
  readonly deviceName = "Test";
  readonly #timers = new Map<number, { at: number; run: () => void }>();
  readonly #listeners = new Set<() => void>();
  #ids = 0;

  readonly now = (): number => this.time;

  setTimer(ms: number, run: () => void): () => void {
    const id = ++this.#ids;
    this.#timers.set(id, { at: this.time + ms, run });
    return () => this.#timers.delete(id);
  }

  isOnline(): boolean {
    return this.online;
  }

  onConnectivity(changed: () => void): () => void {
    this.#listeners.add(changed);
    return () => this.#listeners.delete(changed);
  }

  /** The network, or the app, has gone or is back: core looks for itself. */
  comeBack(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  /** Moves time, and lets what becomes due happen in order. */
  async advance(ms: number): Promise<void> {
    const end = this.time + ms;
    for (;;) {
      await settled();
      const due = [...this.#timers].filter(([, timer]) => timer.at <= end).sort((a, b) => a[1].at - b[1].at)[0];
      if (due === undefined) break;
      this.time = Math.max(this.time, due[1].at);
      this.#timers.delete(due[0]);
      due[1].run();
    }
    this.time = end;
    await settled();
  }
}

/** Everything that can happen without time passing has happened. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 25; i += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** Waits, without time passing, until something is so. */
export async function until(what: () => boolean, words = "what was waited for"): Promise<void> {
  for (let i = 0; i < 2_000; i += 1) {
    if (what()) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  throw new Error(`It did not come: ${words}`);
}
