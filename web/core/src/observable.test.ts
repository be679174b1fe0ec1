import { expect, it } from "vitest";
import { Value } from "./observable";

it("a value tells its listeners of changes, and only of changes", () => {
  const value = new Value({ n: 1 });
  let told = 0;
  const stop = value.subscribe(() => (told += 1));
  const same = value.getSnapshot();
  value.set(same);
  expect(told).toBe(0);
  value.set({ n: 2 });
  expect(told).toBe(1);
  stop();
  stop();
  value.set({ n: 3 });
  expect(told).toBe(1);
});

it("a value knows when somebody looks, also when one function subscribes twice", () => {
  const looks: boolean[] = [];
  const value = new Value(0, (observed) => looks.push(observed));
  const listener = (): void => undefined;
  const stops = [value.subscribe(listener), value.subscribe(listener)];
  expect(looks).toEqual([true]);
  for (const stop of stops) stop();
  expect(looks).toEqual([true, false]);
});

it("a listener may go while others are told", () => {
  const value = new Value(0);
  const told: string[] = [];
  const stop = value.subscribe(() => {
    told.push("a");
    stop();
  });
  value.subscribe(() => told.push("b"));
  value.set(1);
  value.set(2);
  expect(told).toEqual(["a", "b", "b"]);
});
