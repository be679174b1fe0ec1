import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, it } from "vitest";
import { Dialog } from "./Dialog";

function Page({ onLeave }: { onLeave?: () => void }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button onClick={() => setOpen(true)}>Ask</button>
      <input aria-label="Elsewhere" />
      {open && (
        <Dialog
          open
          onClose={() => {
            setOpen(false);
            onLeave?.();
          }}
          title="Really?"
        >
          <input aria-label="Why" />
        </Dialog>
      )}
    </>
  );
}

it("a dialog that is closed gives the focus back to what had it", async () => {
  const user = userEvent.setup();
  render(<Page />);
  screen.getByRole("button", { name: "Ask" }).focus();
  await user.keyboard("{Enter}");
  await user.click(await screen.findByLabelText("Why"));
  await user.keyboard("{Escape}");
  await waitFor(() => expect(screen.getByRole("button", { name: "Ask" })).toHaveFocus());
});

it("a dialog that has led elsewhere leaves the focus there", async () => {
  const user = userEvent.setup();
  render(<Page onLeave={() => setTimeout(() => screen.getByLabelText("Elsewhere").focus())} />);
  screen.getByRole("button", { name: "Ask" }).focus();
  await user.keyboard("{Enter}");
  await screen.findByLabelText("Why");
  await user.keyboard("{Escape}");
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(screen.getByLabelText("Elsewhere")).toHaveFocus();
});
