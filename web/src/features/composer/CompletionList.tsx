import { Megaphone } from "lucide-react";
import { useTranslation } from "react-i18next";
import { cx } from "../../ui/cx";
import { MxcAvatar } from "../media/MxcAvatar";
import type { Completion, Suggestion } from "./useCompletion";
import styles from "./CompletionList.module.css";

export function CompletionList({ completion }: { completion: Completion }) {
  const { t } = useTranslation();
  if (!completion.open) return null;
  return (
    <ul className={styles.list} id={completion.listId} role="listbox" aria-label={t("composer.mentions")}>
      {completion.suggestions.map((suggestion, at) => (
        <li
          key={suggestion.id}
          id={`${completion.listId}-${at}`}
          role="option"
          aria-selected={at === completion.current}
          className={cx(styles.option, at === completion.current && styles.current)}
          onPointerMove={() => completion.setCurrent(at)}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => completion.choose(suggestion)}
        >
          <Offer suggestion={suggestion} />
        </li>
      ))}
    </ul>
  );
}

function Offer({ suggestion }: { suggestion: Suggestion }) {
  const { t } = useTranslation();
  switch (suggestion.kind) {
    case "person":
      return (
        <>
          <MxcAvatar id={suggestion.userId} name={suggestion.name} mxc={suggestion.avatar} size={26} />
          <span className={styles.name}>{suggestion.name}</span>
          <span className={styles.hint}>{suggestion.userId}</span>
        </>
      );
    case "room":
      return (
        <>
          <span className={styles.all}>
            <Megaphone size={15} aria-hidden="true" />
          </span>
          <span className={styles.name}>@room</span>
          <span className={styles.hint}>{t("composer.everyone")}</span>
        </>
      );
    case "emoji":
      return (
        <>
          <span className={styles.emoji}>{suggestion.emoji}</span>
          <span className={styles.name}>:{suggestion.name}:</span>
        </>
      );
  }
}
