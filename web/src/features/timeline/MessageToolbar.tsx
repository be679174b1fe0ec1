import type { SentItem } from "@team/core";
import { Copy, CornerUpLeft, Ellipsis, Link, MessageSquareText, Pencil, SmilePlus, SquareCheckBig, Trash2 } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { formatRoute } from "../../app/route";
import { copyText } from "../../platform/clipboard";
import { IconButton } from "../../ui/Button";
import { Confirm } from "../../ui/Confirm";
import { Menu, MenuItem, MenuSeparator } from "../../ui/Menu";
import { Popover } from "../../ui/Popover";
import { useToasts } from "../../ui/Toast";
import { EmojiPicker } from "../emoji/EmojiPicker";
import { useTimelineContext } from "./context";
import styles from "./MessageToolbar.module.css";

/** The text of a message as one would copy it. */
export function textOf(item: SentItem): string {
  const { content } = item;
  if ("body" in content) return content.body ?? "";
  return "media" in content ? (content.caption ?? content.media.name) : "";
}

/** What one can do with a message. `onHeld` keeps it shown while one of its menus is open. */
export function MessageToolbar({ item, onHeld }: { item: SentItem; onHeld: (held: boolean) => void }) {
  const { t } = useTranslation();
  const { room, openThread, reply, edit, makeTask } = useTimelineContext();
  const toasts = useToasts();
  const [picking, setPicking] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const [inMenu, setInMenu] = useState(false);
  const held = picking || deleting || inMenu;
  useEffect(() => onHeld(held), [held, onHeld]);
  const copy = (text: string) => void copyText(text).then(() => toasts.tell(t("common.copied")));
  const link = () =>
    `${window.location.href.split("#")[0]}${formatRoute({ page: "room", roomId: room.roomId, panel: null, eventId: item.eventId })}`;
  return (
    <>
      <div className={styles.toolbar} role="toolbar" aria-label={t("actions.toolbar")}>
        {item.can.react && (
          <Popover
            open={picking}
            onOpenChange={setPicking}
            label={t("emoji.title")}
            trigger={
              <IconButton size="small" label={t("actions.react")}>
                <SmilePlus size={18} />
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
        {item.can.reply && (
          <IconButton size="small" label={t("actions.reply")} onClick={() => reply(item)}>
            <CornerUpLeft size={18} />
          </IconButton>
        )}
        {item.can.reply && openThread !== null && (
          <IconButton size="small" label={t("actions.thread")} onClick={() => openThread(item.eventId)}>
            <MessageSquareText size={18} />
          </IconButton>
        )}
        {item.can.edit && (
          <IconButton size="small" label={t("actions.edit")} onClick={() => edit(item)}>
            <Pencil size={17} />
          </IconButton>
        )}
        <Menu
          onOpenChange={setInMenu}
          trigger={
            <IconButton size="small" label={t("common.more")}>
              <Ellipsis size={18} />
            </IconButton>
          }
        >
          {textOf(item) !== "" && (
            <MenuItem icon={<Copy size={17} />} onSelect={() => copy(textOf(item))}>
              {t("actions.copyText")}
            </MenuItem>
          )}
          {makeTask !== null && (
            <MenuItem icon={<SquareCheckBig size={17} />} onSelect={() => makeTask(item)}>
              {t("tasks.make")}
            </MenuItem>
          )}
          <MenuItem icon={<Link size={17} />} onSelect={() => copy(link())}>
            {t("actions.copyLink")}
          </MenuItem>
          {item.can.redact && (
            <>
              <MenuSeparator />
              <MenuItem icon={<Trash2 size={17} />} danger onSelect={() => setDeleting(true)}>
                {t("actions.delete")}
              </MenuItem>
            </>
          )}
        </Menu>
      </div>
      <Confirm
        open={deleting}
        onClose={() => setDeleting(false)}
        title={t("actions.deleteTitle")}
        text={t("actions.deleteText")}
        action={t("actions.delete")}
        onConfirm={() => room.redact(item.eventId)}
      />
    </>
  );
}
