import { useCallback, useId, useMemo, useState, type KeyboardEvent, type RefObject } from "react";
import { findEmoji } from "../emoji/data";
import { matches } from "../rooms/sections";
import { completionAt, type CompletionQuery } from "./completion";
import type { Mentionable } from "./format";
import { replaceRange } from "./textarea";

export type Suggestion =
  | { readonly kind: "person"; readonly id: string; readonly name: string; readonly userId: string; readonly avatar: string | null }
  | { readonly kind: "room"; readonly id: string }
  | { readonly kind: "emoji"; readonly id: string; readonly emoji: string; readonly name: string };

export interface Completion {
  readonly open: boolean;
  readonly listId: string;
  readonly activeId: string | undefined;
  readonly suggestions: readonly Suggestion[];
  readonly current: number;
  readonly setCurrent: (at: number) => void;
  readonly choose: (suggestion: Suggestion) => void;
  /** Looks at the caret: call after each change. */
  readonly look: () => void;
  readonly close: () => void;
  /** True when it has used the key. */
  readonly onKeyDown: (event: KeyboardEvent) => boolean;
}

type Person = Mentionable & { readonly avatar: string | null };

/** Offers names after "@" and emoji after ":" while one writes. */
export function useCompletion(
  field: RefObject<HTMLTextAreaElement | null>,
  text: string,
  people: readonly Person[],
  mayNotifyRoom: boolean,
): Completion {
  const listId = useId();
  const [query, setQuery] = useState<CompletionQuery | null>(null);
  const [at, setAt] = useState(0);

  const suggestions = useMemo<readonly Suggestion[]>(() => {
    if (query === null) return [];
    if (query.kind === "emoji") {
      return findEmoji(query.query, 8).map((one) => ({ kind: "emoji", id: one.emoji, emoji: one.emoji, name: one.name }));
    }
    const found = people
      .filter((person) => matches(`${person.name} ${person.userId}`, query.query))
      .slice(0, 8)
      .map((person): Suggestion => ({ kind: "person", id: person.userId, ...person }));
    const all = mayNotifyRoom && "room".startsWith(query.query.toLowerCase());
    return all ? [...found.slice(0, 7), { kind: "room", id: "@room" }] : found;
  }, [query, people, mayNotifyRoom]);

  const open = suggestions.length > 0;
  const current = Math.min(at, suggestions.length - 1);

  const look = useCallback(() => {
    const element = field.current;
    if (element === null) return;
    const next = element.selectionStart === element.selectionEnd ? completionAt(element.value, element.selectionStart) : null;
    setQuery((before) => (before?.start === next?.start && before?.query === next?.query && before?.kind === next?.kind ? before : next));
    setAt(0);
  }, [field]);
  const close = useCallback(() => setQuery(null), []);

  const choose = (suggestion: Suggestion) => {
    const element = field.current;
    if (element === null || query === null) return;
    const word =
      suggestion.kind === "emoji" ? suggestion.emoji : suggestion.kind === "room" ? "@room" : `@${suggestion.name}`;
    replaceRange(element, query.start, query.start + 1 + query.query.length, `${word} `);
    setQuery(null);
  };

  const onKeyDown = (event: KeyboardEvent): boolean => {
    if (!open || text === "") return false;
    const chosen = suggestions[current];
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const step = event.key === "ArrowDown" ? 1 : -1;
      setAt((current + step + suggestions.length) % suggestions.length);
    } else if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey && chosen !== undefined) {
      choose(chosen);
    } else if (event.key === "Escape") {
      setQuery(null);
    } else {
      return false;
    }
    event.preventDefault();
    event.stopPropagation();
    return true;
  };

  return {
    open,
    listId,
    activeId: open ? `${listId}-${current}` : undefined,
    suggestions,
    current,
    setCurrent: setAt,
    choose,
    look,
    close,
    onKeyDown,
  };
}
