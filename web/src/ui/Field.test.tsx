import { fireEvent, render, screen } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import { SelectField } from "./Field";

const options = ["anna", "ivan", "olga"].map((value) => ({ value, label: value }));

function walkable() {
  const onValue = vi.fn();
  render(<SelectField label="Assignee" value="anna" onValue={onValue} options={options} atOnce />);
  const select = screen.getByLabelText("Assignee");
  /** What a browser tells of an arrow key on a closed list. */
  const step = (to: string) => {
    fireEvent.keyDown(select, { key: "ArrowDown" });
    fireEvent.change(select, { target: { value: to } });
  };
  return { onValue, select, step };
}

it("a choice that acts at once waits while arrow keys walk past others, until Enter or until one goes on", () => {
  const { onValue, select, step } = walkable();
  step("ivan");
  step("olga");
  expect(select).toHaveValue("olga");
  expect(onValue).not.toHaveBeenCalled();
  fireEvent.keyDown(select, { key: "Enter" });
  expect(onValue.mock.calls).toEqual([["olga"]]);
  step("ivan");
  fireEvent.blur(select);
  expect(onValue.mock.calls).toEqual([["olga"], ["ivan"]]);
});

it("a choice that acts at once is forgotten with Escape, and is made at once by a pointer", () => {
  const { onValue, select, step } = walkable();
  step("ivan");
  fireEvent.keyDown(select, { key: "Escape" });
  fireEvent.blur(select);
  expect(select).toHaveValue("anna");
  expect(onValue).not.toHaveBeenCalled();
  fireEvent.pointerDown(select);
  fireEvent.change(select, { target: { value: "olga" } });
  expect(onValue.mock.calls).toEqual([["olga"]]);
});
