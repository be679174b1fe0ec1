import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useObservable } from "../../app/useObservable";
import { preferences } from "../../platform/preferences";
import { SearchField } from "../../ui/Field";
import { allEmoji, emojiGroups, findEmoji } from "./data";
import styles from "./EmojiPicker.module.css";

const firstOffers = ["👍", "❤️", "😂", "🎉", "👀", "✅", "🙏", "🚀"];
const columns = 8;

/** A small grid of emoji with a search; arrows move, Enter chooses. */
export function EmojiPicker({ onPick }: { onPick: (emoji: string) => void }) {
  const { t } = useTranslation();
  const { recentEmoji } = useObservable(preferences);
  const [query, setQuery] = useState("");
  const found = findEmoji(query);
  const recent = [...new Set([...recentEmoji, ...firstOffers])].slice(0, columns);
  const pick = (emoji: string) => {
    preferences.change({ recentEmoji: [emoji, ...recentEmoji.filter((one) => one !== emoji)].slice(0, 16) });
    onPick(emoji);
  };
  return (
    <div className={styles.picker}>
      <div className={styles.search}>
        <SearchField
          label={t("emoji.search")}
          value={query}
          onValue={setQuery}
          autoFocus
          onKeyDown={(event) => {
            if (event.key === "Enter" && found[0] !== undefined) {
              event.preventDefault();
              pick(found[0].emoji);
            }
          }}
        />
      </div>
      <div className={styles.scroll} onKeyDown={moveInGrid}>
        {query.trim() !== "" ? (
          found.length === 0 ? (
            <p className={styles.none} role="status">
              {t("emoji.none")}
            </p>
          ) : (
            <Grid label={t("emoji.title")} emoji={found.map((one) => one.emoji)} onPick={pick} />
          )
        ) : (
          <>
            <Group title={t("emoji.recent")} emoji={recent} onPick={pick} />
            {emojiGroups.map((group) => (
              <Group
                key={group}
                title={t(`emoji.${group}`)}
                emoji={allEmoji.filter((one) => one.group === group).map((one) => one.emoji)}
                onPick={pick}
              />
            ))}
          </>
        )}
      </div>
    </div>
  );
}

type GridProps = { emoji: readonly string[]; onPick: (emoji: string) => void };

function Group({ title, ...grid }: GridProps & { title: string }) {
  return (
    <section>
      <h3 className={styles.title}>{title}</h3>
      <Grid label={title} {...grid} />
    </section>
  );
}

function Grid({ label, emoji, onPick }: GridProps & { label: string }) {
  return (
    <div className={styles.grid} role="group" aria-label={label}>
      {emoji.map((one) => (
        <button key={one} type="button" className={styles.emoji} aria-label={one} onClick={() => onPick(one)}>
          {one}
        </button>
      ))}
    </div>
  );
}

function moveInGrid(event: React.KeyboardEvent<HTMLElement>): void {
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
  if (step === undefined) return;
  const all = [...event.currentTarget.querySelectorAll<HTMLElement>("button")];
  const next = all[all.indexOf(document.activeElement as HTMLElement) + step];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}
