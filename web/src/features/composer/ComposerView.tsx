import type { RoomSummary, TimelineItem } from "@team/core";
import { CornerUpLeft, Paperclip, Pencil, SendHorizontal, Smile, X, Check } from "lucide-react";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { isApple } from "../../app/useGlobalKeys";
import { IconButton } from "../../ui/Button";
import { cx } from "../../ui/cx";
import { Popover } from "../../ui/Popover";
import { EmojiPicker } from "../emoji/EmojiPicker";
import { usePreviewText } from "../rooms/usePreviewText";
import { QuickAddPreview } from "../tasks/QuickAddPreview";
import type { TaskCommand } from "../tasks/useTaskCommand";
import { Attachments } from "./Attachments";
import { CompletionList } from "./CompletionList";
import type { Mentionable } from "./format";
import { replaceRange, toggleMarks } from "./textarea";
import { useCompletion } from "./useCompletion";
import type { Composer } from "./useComposer";
import styles from "./ComposerView.module.css";

type ComposerViewProps = {
  composer: Composer;
  task: TaskCommand;
  items: readonly TimelineItem[];
  people: readonly (Mentionable & { avatar: string | null })[];
  rights: RoomSummary["rights"];
  placeholder: string;
  /** The name of the field for screen readers and tests. */
  label: string;
};

const marks: Record<string, [string, string?]> = { KeyB: ["**"], KeyI: ["*"], KeyE: ["`"], KeyX: ["~~"] };

/** The field where one writes, with what is attached and what it answers. */
export function ComposerView({ composer, task, items, people, rights, placeholder, label }: ComposerViewProps) {
  const { t } = useTranslation();
  const field = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const [emojiOpen, setEmojiOpen] = useState(false);
  const { draft, files } = composer;
  const completion = useCompletion(field, draft.text, people, rights.notifyRoom);
  const canSend = draft.text.trim() !== "" || files.length > 0;

  // The field is as high as its text, up to a third of the window.
  useLayoutEffect(() => {
    const element = field.current;
    if (element === null) return;
    element.style.height = "0";
    element.style.height = `${element.scrollHeight}px`;
  }, [draft.text]);

  // Whoever starts a reply or an edit wants to write.
  useEffect(() => {
    const element = field.current;
    if (element === null || (draft.replyTo === null && draft.editing === null)) return;
    element.focus();
    element.setSelectionRange(element.value.length, element.value.length);
  }, [draft.replyTo, draft.editing]);

  const fingers = () => window.matchMedia("(pointer: coarse) and (hover: none)").matches;
  useEffect(() => {
    if (!fingers()) field.current?.focus({ preventScroll: true });
  }, []);

  const send = () => void (task.reading === null ? composer.send() : task.submit());

  const onKeyDown = (event: React.KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.nativeEvent.isComposing) return;
    if (completion.onKeyDown(event)) return;
    const command = isApple ? event.metaKey : event.ctrlKey;
    const mark = command && !event.altKey && (event.code !== "KeyX" || event.shiftKey) ? marks[event.code] : undefined;
    if (event.key === "Enter" && !event.shiftKey && !event.altKey && !fingers()) {
      event.preventDefault();
      send();
    } else if (event.key === "ArrowUp" && draft.text === "" && draft.editing === null && !event.altKey) {
      if (composer.editLast()) event.preventDefault();
    } else if (event.key === "Escape") {
      if (composer.cancel()) {
        event.preventDefault();
        event.stopPropagation();
      }
    } else if (mark !== undefined) {
      event.preventDefault();
      toggleMarks(event.currentTarget, mark[0], mark[1]);
    }
  };

  const onPaste = (event: React.ClipboardEvent) => {
    const pasted = [...event.clipboardData.files];
    // Office programs put a picture beside the text that is meant.
    if (pasted.length === 0 || event.clipboardData.types.includes("text/plain")) return;
    event.preventDefault();
    composer.addFiles(pasted);
  };

  return (
    <div className={styles.composer}>
      <CompletionList completion={completion} />
      {task.reading !== null && <QuickAddPreview reading={task.reading} />}
      <div className={styles.box}>
        <Context composer={composer} items={items} />
        {files.length > 0 && <Attachments files={files} onRemove={composer.removeFile} />}
        <div className={styles.line}>
          {draft.editing === null && (
            <>
              <IconButton label={t("composer.attach")} onClick={() => picker.current?.click()}>
                <Paperclip size={19} />
              </IconButton>
              <input
                ref={picker}
                type="file"
                multiple
                hidden
                aria-label={t("composer.attach")}
                onChange={(event) => {
                  composer.addFiles([...(event.target.files ?? [])]);
                  event.target.value = "";
                  field.current?.focus();
                }}
              />
            </>
          )}
          <textarea
            ref={field}
            className={styles.field}
            aria-label={label}
            aria-autocomplete="list"
            aria-controls={completion.open ? completion.listId : undefined}
            aria-activedescendant={completion.activeId}
            placeholder={files.length > 0 ? t("composer.caption") : placeholder}
            rows={1}
            value={draft.text}
            maxLength={40_000}
            onChange={(event) => {
              composer.setText(event.target.value);
              completion.look();
            }}
            onSelect={completion.look}
            onBlur={completion.close}
            onKeyDown={onKeyDown}
            onPaste={onPaste}
          />
          <Popover
            open={emojiOpen}
            onOpenChange={setEmojiOpen}
            label={t("emoji.title")}
            trigger={
              <IconButton label={t("composer.emoji")} className={styles.emoji}>
                <Smile size={20} />
              </IconButton>
            }
          >
            <EmojiPicker
              onPick={(emoji) => {
                setEmojiOpen(false);
                const element = field.current;
                if (element !== null) {
                  const { selectionStart, selectionEnd } = element;
                  requestAnimationFrame(() => replaceRange(element, selectionStart, selectionEnd, emoji));
                }
              }}
            />
          </Popover>
          <IconButton
            label={draft.editing === null ? t("composer.send") : t("composer.saveEdit")}
            className={cx(styles.send, canSend && styles.ready)}
            disabled={!canSend}
            onMouseDown={(event) => event.preventDefault()}
            onClick={send}
          >
            {draft.editing === null ? <SendHorizontal size={19} /> : <Check size={20} />}
          </IconButton>
        </div>
      </div>
    </div>
  );
}

/** Says which message is edited or answered. */
function Context({ composer, items }: { composer: Composer; items: readonly TimelineItem[] }) {
  const { t } = useTranslation();
  const previewText = usePreviewText();
  const { replyTo, editing } = composer.draft;
  if (editing !== null) {
    return (
      <div className={styles.context}>
        <Pencil size={15} aria-hidden="true" />
        <span className={styles.contextText}>{t("composer.editing")}</span>
        <IconButton size="small" label={t("composer.cancelEdit")} onClick={composer.cancel}>
          <X size={16} />
        </IconButton>
      </div>
    );
  }
  if (replyTo === null) return null;
  const item = items.find((one) => one.kind === "sent" && one.eventId === replyTo);
  const content = item?.kind === "sent" ? item.content : null;
  const text =
    content === null
      ? ""
      : "media" in content
        ? previewText({ type: content.type, text: content.caption ?? content.media.name })
        : "body" in content
          ? (content.body ?? "")
          : "";
  return (
    <div className={styles.context}>
      <CornerUpLeft size={15} aria-hidden="true" />
      <span className={styles.contextText}>
        <b>{t("composer.replying", { name: item?.senderName ?? "…" })}</b> {text}
      </span>
      <IconButton size="small" label={t("composer.cancelReply")} onClick={composer.cancel}>
        <X size={16} />
      </IconButton>
    </div>
  );
}
