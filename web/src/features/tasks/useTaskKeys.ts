import { may, op } from "@team/core";
import { useEffect } from "react";
import { useClient } from "../../app/client";
import { navigate } from "../../app/useRoute";
import { preferences } from "../../platform/preferences";

/** Fields of the open task that a key leads to. */
const fields: Readonly<Record<string, string>> = { KeyA: "assignee", KeyD: "due", KeyP: "priority", KeyS: "status" };

/**
 * Single keys on pages of tasks, while no text is written: j and k walk through the tasks; a, d, p, s lead to
 * a field of the one with the focus; e completes it, x selects it, c begins a new one, / narrows down, ? helps.
 */
export function useTaskKeys(open: (taskId: string) => void): void {
  const { tasks } = useClient();
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!preferences.getSnapshot().singleKeys || !isFree(event)) return;
      if (event.key === "?") {
        event.preventDefault();
        navigate({ page: "settings", section: "shortcuts" });
        return;
      }
      if (event.key === "/" && press("main [data-filter] input")) event.preventDefault();
      // Letters by their place on the keyboard: they mean the same on a Russian one.
      if (event.shiftKey) return;
      const complete = (taskId: string) => {
        const task = tasks.task(taskId).getSnapshot();
        const statuses = task == null ? [] : tasks.room(task.room_id).getSnapshot().workflow.statuses;
        const done = statuses.find(({ id, category }) => category === "done" && task != null && may(task, `transition:${id}`));
        if (done !== undefined) void tasks.run(taskId, [op.transition(done.id)]);
      };
      if (act(event, open, complete)) event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [tasks, open]);
}

/** Nobody writes, carries a card, or is asked something. */
function isFree(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return false;
  const target = event.target instanceof HTMLElement ? event.target : null;
  if (target?.matches("input:not([type='checkbox']), textarea, select, [contenteditable='true']") === true) return false;
  return document.querySelector('[role="dialog"], [role="menu"], [aria-pressed="true"][aria-roledescription]') === null;
}

function act(
  event: KeyboardEvent,
  open: (taskId: string) => void,
  complete: (taskId: string) => void,
): boolean {
  const rows = [...document.querySelectorAll<HTMLElement>("main [data-task]")];
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const row = rows[at];
  const taskId = row?.dataset["task"] ?? openTask();
  switch (event.code) {
    case "KeyJ":
    case "KeyK": {
      const next = rows[at < 0 ? 0 : at + (event.code === "KeyJ" ? 1 : -1)];
      next?.querySelector<HTMLElement>("[data-task-title]")?.focus();
      next?.scrollIntoView({ block: "nearest", inline: "nearest" });
      return next !== undefined;
    }
    case "KeyC":
      return press("main [data-new-task]");
    case "KeyX":
      row?.querySelector<HTMLElement>("input[type='checkbox']")?.click();
      return row !== undefined;
    case "KeyE":
      if (taskId !== null) complete(taskId);
      return taskId !== null;
    default: {
      const field = fields[event.code];
      if (field === undefined || taskId === null) return false;
      if (taskId !== openTask()) open(taskId);
      void focusField(taskId, field);
      return true;
    }
  }
}

/** The task in the panel. */
function openTask(): string | null {
  return document.querySelector<HTMLElement>("[data-open-task]")?.dataset["openTask"] ?? null;
}

function press(selector: string): boolean {
  const found = document.querySelector<HTMLElement>(selector);
  if (found instanceof HTMLInputElement) found.focus();
  else found?.click();
  return found !== null;
}

const patienceMs = 2000;

/** The panel draws itself first. */
async function focusField(taskId: string, field: string): Promise<void> {
  const selector = `[data-open-task="${CSS.escape(taskId)}"] [data-field="${field}"]`;
  for (const end = performance.now() + patienceMs; performance.now() < end; ) {
    const found = document.querySelector(selector)?.querySelector<HTMLElement>("select, input, button");
    if (found != null) {
      found.focus();
      // Menus open by a key, not by a click that nobody's pointer made.
      if (field === "status") found.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true, cancelable: true }));
      return;
    }
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
}
