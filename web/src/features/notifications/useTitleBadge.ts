import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useObservable } from "../../app/useObservable";

/** The number of unread messages in the title of the tab, and on the icon of an installed app. */
export function useTitleBadge(): void {
  const { t } = useTranslation();
  const client = useClient();
  const { unreadCount, inviteCount } = useObservable(client.rooms.badge);
  const { unread } = useObservable(client.tasks.inbox);
  const count = unreadCount + inviteCount + unread;
  useEffect(() => {
    const title = t("common.appName");
    document.title = count > 0 ? t("notify.titleUnread", { number: count > 99 ? "99+" : String(count), title }) : title;
    void navigator.setAppBadge?.(count).catch(() => undefined);
    return () => {
      document.title = title;
    };
  }, [t, count]);
}
