import { useRef, useState, type ChangeEvent, type KeyboardEvent } from "react";

/**
 * A select whose choice does something at once. Arrow keys walk through a closed list, and each step is a choice to
 * the browser: what is reached by keys is held until Enter or until the focus goes on, and Escape forgets it.
 */
export function useSettledChoice(value: string, onValue: (value: string) => void) {
  const [held, setHeld] = useState<string | null>(null);
  const walking = useRef(false);
  const settle = (chosen: string | null) => {
    walking.current = false;
    setHeld(null);
    if (chosen !== null && chosen !== value) onValue(chosen);
  };
  return {
    value: held ?? value,
    onPointerDown: () => {
      walking.current = false;
    },
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key === "Enter") settle(held);
      else if (event.key === "Escape") settle(null);
      else if (event.key !== "Tab") walking.current = true;
    },
    onChange: (event: ChangeEvent<HTMLSelectElement>) => {
      if (walking.current) setHeld(event.target.value);
      else settle(event.target.value);
    },
    onBlur: () => settle(held),
  };
}
