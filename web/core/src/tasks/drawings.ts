import { Value, type Observable } from "../observable";
import type { Platform } from "../platform";

const MINUTE_MS = 60_000;

/** Something computed from the tasks while somebody looks at it. */
export interface Drawing {
  redraw(): void;
}

/** What is looked at now: drawn anew after each change, and each minute, for days end and dates pass. */
export class Drawings {
  readonly #observed = new Set<Drawing>();
  #cancel: (() => void) | null = null;

  constructor(
    private readonly platform: Platform,
    private readonly now: () => number,
  ) {}

  observe(drawing: Drawing, observed: boolean): void {
    if (!observed) this.#observed.delete(drawing);
    else this.#observed.add(drawing);
    if (this.#observed.size === 0) this.#stopClock();
    else this.#cancel ??= this.#tick();
  }

  redraw(): void {
    for (const drawing of [...this.#observed]) drawing.redraw();
  }

  #tick(): () => void {
    return this.platform.setTimer(MINUTE_MS - (this.now() % MINUTE_MS), () => {
      this.#cancel = this.#tick();
      this.redraw();
    });
  }

  #stopClock(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}

/** A value that is computed while observed, and once for whoever asks without looking on. */
export class Drawn<T> implements Observable<T>, Drawing {
  readonly #value: Value<T>;
  #drawnOnce = false;

  constructor(
    initial: T,
    drawings: Drawings,
    private readonly draw: (before: T) => T,
    observed: (observed: boolean) => void = () => undefined,
  ) {
    this.#value = new Value(initial, (isObserved) => {
      drawings.observe(this, isObserved);
      observed(isObserved);
    });
  }

  readonly getSnapshot = (): T => {
    // Before the first look it may be as it was made; while observed it is kept up to date.
    if (!this.#value.observed || !this.#drawnOnce) this.redraw();
    return this.#value.getSnapshot();
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    // What changed while nobody looked is no news to who looks now.
    if (!this.#value.observed) this.redraw();
    return this.#value.subscribe(listener);
  };

  get observed(): boolean {
    return this.#value.observed;
  }

  redraw(): void {
    this.#drawnOnce = true;
    this.#value.set(this.draw(this.#value.getSnapshot()));
  }
}

/** The same list when it holds the same things. */
export function keeping<T>(before: readonly T[], now: readonly T[]): readonly T[] {
  return now.length === before.length && now.every((each, i) => each === before[i]) ? before : now;
}
