import { render, screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { TaskText } from "./TaskText";

it("keeps the keys of tasks in one piece, and everything else as it is", () => {
  const { container } = render(<TaskText>Ivan: TEAM-12 waits for OPS2-7, not for e-mail or X-1</TaskText>);
  expect(container).toHaveTextContent("Ivan: TEAM-12 waits for OPS2-7, not for e-mail or X-1");
  expect([...container.querySelectorAll("span")].map((key) => key.textContent)).toEqual(["TEAM-12", "OPS2-7"]);
  expect(screen.getByText("TEAM-12").className).not.toBe("");
});
