import type { Reaction, SentItem } from "@team/core";
import { SmilePlus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "../../ui/Button";
import { cx } from "../../ui/cx";
import { Popover } from "../../ui/Popover";
import { Tooltip } from "../../ui/Tooltip";
import { EmojiPicker } from "../emoji/EmojiPicker";
import { useTimelineContext } from "./context";
import styles from "./Reactions.module.css";

export function Reactions({ item }: { item: SentItem }) {
  const { t } = useTranslation();
  const { room } = useTimelineContext();
  const [picking, setPicking] = useState(false);
  if (item.reactions.length === 0) return null;
  return (
    <div className={styles.reactions}>
      {item.reactions.map((reaction) => (
        <ReactionButton
          key={reaction.key}
          reaction={reaction}
          disabled={!item.can.react && !reaction.mine}
          onToggle={() => void room.toggleReaction(item.eventId, reaction.key)}
        />
      ))}
      {item.can.react && (
        <Popover
          open={picking}
          onOpenChange={setPicking}
          label={t("emoji.title")}
          align="start"
          trigger={
            <IconButton className={styles.add} label={t("actions.react")}>
              <SmilePlus size={16} />
            </IconButton>
          }
        >
          <EmojiPicker
            onPick={(emoji) => {
              setPicking(false);
              void room.toggleReaction(item.eventId, emoji);
            }}
          />
        </Popover>
      )}
    </div>
  );
}

function ReactionButton({ reaction, disabled, onToggle }: { reaction: Reaction; disabled: boolean; onToggle: () => void }) {
  const { t, i18n } = useTranslation();
  const names = new Intl.ListFormat(i18n.language, { type: "conjunction" }).format(
    reaction.senders.slice(0, 15).map((sender) => sender.name),
  );
  return (
    <Tooltip label={t("actions.reactionBy", { emoji: reaction.key, names })}>
      <button
        type="button"
        className={cx(styles.reaction, reaction.mine && styles.mine, reaction.pending && styles.pending)}
        aria-pressed={reaction.mine}
        aria-label={t("actions.reactionCount", { emoji: reaction.key, count: reaction.count })}
        disabled={disabled}
        onClick={onToggle}
      >
        <span className={styles.emoji}>{reaction.key}</span>
        <span>{reaction.count}</span>
      </button>
    </Tooltip>
  );
}
