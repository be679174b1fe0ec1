import type { NotificationHint } from "@team/core";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { roomRoute } from "../../app/route";
import { useRoomNames } from "../../app/useNames";
import { navigate } from "../../app/useRoute";
import { preferences } from "../../platform/preferences";
import { usePreviewText } from "../rooms/usePreviewText";
import { chime } from "./chime";

/** Tells of new messages by the browser's notifications, unless their room is being looked at. */
export function useNotifications(openRoomId: string | null): void {
  const { t } = useTranslation();
  const client = useClient();
  const roomName = useRoomNames();
  const previewText = usePreviewText();
  const show = useRef<(hint: NotificationHint) => void>(() => undefined);

  useEffect(() => {
    show.current = (hint) => {
      const { notify, sound, showText } = preferences.getSnapshot();
      const looking = document.visibilityState === "visible" && document.hasFocus();
      if (!notify || (looking && hint.roomId === openRoomId)) return;
      if (sound) chime();
      if (looking || !("Notification" in window) || Notification.permission !== "granted") return;
      const room = roomName(hint.roomName);
      const sender = hint.message?.senderName;
      const title = sender === undefined || sender === room ? room : `${sender} · ${room}`;
      const body = hint.message !== null && showText ? previewText(hint.message.preview) : t("notify.newMessage");
      const notification = new Notification(title, { body, tag: hint.roomId, icon: "./icon-192.png" });
      notification.onclick = () => {
        window.focus();
        navigate(roomRoute(hint.roomId, hint.threadId === null ? null : { kind: "thread", rootId: hint.threadId }));
        notification.close();
      };
    };
  }, [t, openRoomId, roomName, previewText]);

  useEffect(() => client.rooms.onNotification((hint) => show.current(hint)), [client]);
}
