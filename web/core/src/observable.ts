/**
 * A value that changes over time, in the shape `useSyncExternalStore` wants.
 *
 * Both functions are bound: `useSyncExternalStore(x.subscribe, x.getSnapshot)` works. A snapshot is
 * immutable, and the same object until the value changes.
 */
export interface Observable<T> {
  readonly getSnapshot: () => T;
  /** Calls `listener` after each change; returns the function that ends the subscription. */
  readonly subscribe: (listener: () => void) => () => void;
}

/** The owner's side of an {@link Observable}. */
export class Value<T> implements Observable<T> {
  #value: T;
  readonly #listeners = new Set<() => void>();

  constructor(
    initial: T,
    /** Called when the first listener comes (true) and when the last one goes (false). */
    readonly onObserved: (observed: boolean) => void = () => undefined,
  ) {
    this.#value = initial;
  }

  readonly getSnapshot = (): T => this.#value;

  readonly subscribe = (listener: () => void): (() => void) => {
    // One function may subscribe twice: each subscription is an object of its own.
    const own = (): void => listener();
    this.#listeners.add(own);
    if (this.#listeners.size === 1) this.onObserved(true);
    return () => {
      if (this.#listeners.delete(own) && this.#listeners.size === 0) this.onObserved(false);
    };
  };

  get observed(): boolean {
    return this.#listeners.size > 0;
  }

  /** Replaces the value; the same object again tells nobody. */
  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const listener of [...this.#listeners]) listener();
  }
}
