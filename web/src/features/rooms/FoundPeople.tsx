import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useOwnUserId } from "../../app/ownUser";
import { roomRoute } from "../../app/route";
import { useErrorText } from "../../app/useErrorText";
import { navigate } from "../../app/useRoute";
import { useToasts } from "../../ui/Toast";
import { MxcAvatar } from "../media/MxcAvatar";
import { useUserSearch } from "./useUserSearch";
import item from "./RoomListItem.module.css";
import styles from "./RoomList.module.css";

/** People of the directory that match the sidebar's search; choosing one opens the conversation with them. */
export function FoundPeople({ query, roomsFound, onOpened }: { query: string; roomsFound: boolean; onOpened: () => void }) {
  const { t } = useTranslation();
  const client = useClient();
  const toasts = useToasts();
  const errorText = useErrorText();
  const ownId = useOwnUserId();
  const { users, searching } = useUserSearch(query);
  const found = users.filter((user) => user.userId !== ownId);

  const open = async (userId: string) => {
    try {
      navigate(roomRoute(await client.rooms.openDirect(userId)));
      onOpened();
    } catch (error) {
      toasts.warn(errorText(error));
    }
  };

  if (found.length === 0) {
    return roomsFound || searching ? null : (
      <p className={styles.nothing} role="status">
        {t("rooms.noneFound", { query })}
      </p>
    );
  }
  return (
    <section className={styles.section} aria-label={t("rooms.people")}>
      <h2 className={styles.heading}>
        <span className={styles.toggle}>{t("rooms.people")}</span>
      </h2>
      <ul>
        {found.map((user) => (
          <li key={user.userId} className={item.item}>
            <button
              type="button"
              className={`${item.link} ${styles.person}`}
              aria-label={`${t("rooms.startDirect")}: ${user.name}`}
              data-room-link
              onClick={() => void open(user.userId)}
            >
              <MxcAvatar id={user.userId} name={user.name} mxc={user.avatar} size={36} />
              <span className={item.texts}>
                <span className={item.name}>{user.name}</span>
                <span className={item.preview}>{user.userId}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
