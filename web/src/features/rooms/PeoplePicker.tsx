import { Check, Search, X } from "lucide-react";
import { useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useOwnUserId } from "../../app/ownUser";
import { cx } from "../../ui/cx";
import { Spinner } from "../../ui/Spinner";
import { MxcAvatar } from "../media/MxcAvatar";
import { useUserSearch, type PersonFound } from "./useUserSearch";
import styles from "./PeoplePicker.module.css";

type PickerProps = {
  label: string;
  chosen: readonly PersonFound[];
  onChosen: (people: readonly PersonFound[]) => void;
  /** At most this many; one closes the list at once. */
  limit?: number;
  /** People who are not offered (they are in already). */
  without?: ReadonlySet<string>;
  autoFocus?: boolean;
};

/** A combobox over the directory of people: type, choose with arrows or the pointer, Backspace takes the last one back. */
export function PeoplePicker({ label, chosen, onChosen, limit = 50, without, autoFocus = false }: PickerProps) {
  const { t } = useTranslation();
  const ownId = useOwnUserId();
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const { users, searching, failed } = useUserSearch(query);
  const offered = users.filter((user) => user.userId !== ownId && without?.has(user.userId) !== true);
  const current = offered[Math.min(at, offered.length - 1)];
  const full = chosen.length >= limit;

  const toggle = (user: PersonFound) => {
    const there = chosen.some((one) => one.userId === user.userId);
    onChosen(there ? chosen.filter((one) => one.userId !== user.userId) : limit === 1 ? [user] : [...chosen, user].slice(0, limit));
    setQuery("");
    setAt(0);
    input.current?.focus();
  };

  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (offered.length > 0) setAt((Math.min(at, offered.length - 1) + step + offered.length) % offered.length);
    } else if (event.key === "Enter" && query !== "") {
      event.preventDefault();
      if (current !== undefined) toggle(current);
    } else if (event.key === "Backspace" && query === "" && chosen.length > 0) {
      onChosen(chosen.slice(0, -1));
    } else if (event.key === "Escape" && query !== "") {
      event.preventDefault();
      event.stopPropagation();
      setQuery("");
    }
  };

  return (
    <div>
      <label className={styles.label} htmlFor={id}>
        {label}
      </label>
      <div className={styles.box} onClick={() => input.current?.focus()}>
        {chosen.length === 0 && <Search size={16} className={styles.icon} aria-hidden="true" />}
        {chosen.map((user) => (
          <span key={user.userId} className={styles.chip}>
            <MxcAvatar id={user.userId} name={user.name} mxc={user.avatar} size={22} />
            {user.name}
            <button type="button" aria-label={t("create.removePerson", { name: user.name })} onClick={() => toggle(user)}>
              <X size={14} />
            </button>
          </span>
        ))}
        <input
          ref={input}
          id={id}
          className={styles.input}
          role="combobox"
          aria-expanded={query !== ""}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={current === undefined ? undefined : `${id}-${current.userId}`}
          autoComplete="off"
          spellCheck={false}
          autoFocus={autoFocus}
          placeholder={chosen.length === 0 ? t("create.hint") : ""}
          value={query}
          disabled={full && limit > 1}
          onChange={(event) => {
            setQuery(event.target.value);
            setAt(0);
          }}
          onKeyDown={onKeyDown}
        />
        {searching && <Spinner size={16} />}
      </div>
      {query.trim() !== "" && (
        <ul className={styles.list} id={`${id}-list`} role="listbox" aria-label={label}>
          {offered.map((user) => {
            const there = chosen.some((one) => one.userId === user.userId);
            return (
              <li
                key={user.userId}
                id={`${id}-${user.userId}`}
                role="option"
                aria-selected={there}
                className={cx(styles.option, user === current && styles.current)}
                onPointerMove={() => setAt(offered.indexOf(user))}
                onMouseDown={(event) => event.preventDefault()}
                onClick={() => toggle(user)}
              >
                <MxcAvatar id={user.userId} name={user.name} mxc={user.avatar} size={34} />
                <span className={styles.texts}>
                  <span className={styles.name}>{user.name}</span>
                  <span className={styles.userId}>{user.userId}</span>
                </span>
                {there && <Check size={18} aria-hidden="true" />}
              </li>
            );
          })}
          {offered.length === 0 && !searching && (
            <li className={styles.nobody} role="presentation">
              {failed ? t("errors.connection") : t("create.nobody")}
            </li>
          )}
        </ul>
      )}
    </div>
  );
}
