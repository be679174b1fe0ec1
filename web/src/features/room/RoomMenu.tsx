import type { RoomSummary } from "@team/core";
import { Ellipsis, Info, MessagesSquare, Star, StarOff, UsersRound } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useErrorText } from "../../app/useErrorText";
import { CountBadge } from "../../ui/Badge";
import { IconButton } from "../../ui/Button";
import { cx } from "../../ui/cx";
import { Menu, MenuItem, MenuSeparator } from "../../ui/Menu";
import { useToasts } from "../../ui/Toast";
import styles from "./RoomHeader.module.css";

type RoomMenuProps = { summary: RoomSummary; knocking: number; onPanel: (kind: "threads" | "people" | "info") => void };

/** On a phone: what stands side by side in the head of a room elsewhere, and what the list offers under a mouse. */
export function RoomMenu({ summary, knocking, onPanel }: RoomMenuProps) {
  const { t } = useTranslation();
  const client = useClient();
  const toasts = useToasts();
  const errorText = useErrorText();
  const { roomId, favourite, unreadThreadCount } = summary;
  const setFavourite = () =>
    void client.rooms
      .room(roomId)
      .setFavourite(!favourite)
      .catch((error: unknown) => toasts.warn(errorText(error)));
  return (
    <span className={cx(styles.withDot, styles.menu)}>
      <Menu
        trigger={
          <IconButton label={t("room.menu")} tooltip={false}>
            <Ellipsis size={20} />
          </IconButton>
        }
      >
        <MenuItem icon={<MessagesSquare size={17} />} onSelect={() => onPanel("threads")}>
          {t("room.threads")}
          {unreadThreadCount > 0 && <CountBadge count={unreadThreadCount} />}
        </MenuItem>
        <MenuItem icon={<UsersRound size={17} />} onSelect={() => onPanel("people")}>
          {t("room.people")}
          {knocking > 0 && <CountBadge count={knocking} />}
        </MenuItem>
        <MenuItem icon={<Info size={17} />} onSelect={() => onPanel("info")}>
          {summary.directUserId === null ? t("room.info") : t("room.infoDirect")}
        </MenuItem>
        <MenuSeparator />
        <MenuItem icon={favourite ? <StarOff size={17} /> : <Star size={17} />} onSelect={setFavourite}>
          {favourite ? t("rooms.removeFavourite") : t("rooms.addFavourite")}
        </MenuItem>
      </Menu>
      {(unreadThreadCount > 0 || knocking > 0) && <i className={styles.dot} aria-hidden="true" />}
    </span>
  );
}
