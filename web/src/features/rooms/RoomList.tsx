import type { RoomSummary } from "@team/core";
import { ChevronDown, Compass, MessagesSquare, Plus } from "lucide-react";
import { useMemo, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useRoomNames } from "../../app/useNames";
import { useObservable } from "../../app/useObservable";
import { navigate } from "../../app/useRoute";
import { Button } from "../../ui/Button";
import { cx } from "../../ui/cx";
import { EmptyState } from "../../ui/EmptyState";
import { Skeleton } from "../../ui/Spinner";
import { FoundPeople } from "./FoundPeople";
import { RoomListItem } from "./RoomListItem";
import { filterRooms, sectionsOf, type SectionKey } from "./sections";
import styles from "./RoomList.module.css";

type RoomListProps = {
  query: string;
  openRoomId: string | null;
  onCreate: () => void;
  /** A room was chosen: the search has done its work. */
  onOpened: () => void;
};

export function RoomList({ query, openRoomId, onCreate, onOpened }: RoomListProps) {
  const { t } = useTranslation();
  const client = useClient();
  const roomName = useRoomNames();
  const list = useObservable(client.rooms.list);
  const sections = useMemo(
    () => sectionsOf(list).map((section) => ({ ...section, rooms: filterRooms(section.rooms, query, roomName) })),
    [list, query, roomName],
  );
  const shown = sections.filter((section) => section.rooms.length > 0);

  if (!list.loaded) return <RoomListSkeleton />;
  if (query === "" && shown.length === 0) {
    return (
      <div className={styles.scroll}>
        <EmptyState icon={<MessagesSquare size={26} />} title={t("rooms.emptyTitle")} text={t("rooms.emptyText")}>
          <Button look="primary" icon={<Plus size={17} />} onClick={onCreate}>
            {t("rooms.createRoom")}
          </Button>
          <Button icon={<Compass size={17} />} onClick={() => navigate({ page: "explore" })}>
            {t("rooms.explore")}
          </Button>
        </EmptyState>
      </div>
    );
  }
  return (
    <div className={styles.scroll} onKeyDown={moveFocus}>
      {shown.map(({ key, rooms }) => (
        <Section key={key} name={key} rooms={rooms} forceOpen={query !== ""}>
          {rooms.map((room) => (
            <RoomListItem key={room.roomId} room={room} open={room.roomId === openRoomId} onOpened={onOpened} />
          ))}
        </Section>
      ))}
      {query.trim() !== "" && <FoundPeople query={query.trim()} onOpened={onOpened} roomsFound={shown.length > 0} />}
    </div>
  );
}

/** Arrow keys walk through the list of rooms. */
function moveFocus(event: React.KeyboardEvent<HTMLElement>): void {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-room-link]")];
  const at = links.indexOf(document.activeElement as HTMLElement);
  const next = links[at + (event.key === "ArrowDown" ? 1 : -1)];
  if (at < 0 || next === undefined) return;
  event.preventDefault();
  next.focus();
}

type SectionProps = { name: SectionKey; rooms: readonly RoomSummary[]; forceOpen: boolean; children: ReactNode };

function Section({ name, rooms, forceOpen, children }: SectionProps) {
  const { t } = useTranslation();
  const [closed, setClosed] = useState(name === "lowPriority");
  const open = forceOpen || !closed;
  const unread = rooms.reduce((sum, room) => sum + room.unreadCount, 0);
  return (
    <section className={styles.section} aria-label={t(`rooms.${name}`)}>
      <h2 className={styles.heading}>
        <button type="button" className={styles.toggle} aria-expanded={open} onClick={() => setClosed(open)}>
          {t(`rooms.${name}`)}
          <ChevronDown size={14} className={cx(styles.chevron, !open && styles.turned)} aria-hidden="true" />
          {!open && unread > 0 && <span className={styles.hiddenUnread}>{unread}</span>}
        </button>
      </h2>
      {open && <ul>{children}</ul>}
    </section>
  );
}

function RoomListSkeleton() {
  const { t } = useTranslation();
  return (
    <div className={styles.scroll} role="status" aria-label={t("common.loading")}>
      {[62, 44, 70, 52, 58, 40].map((width, row) => (
        <div key={row} className={styles.skeleton}>
          <Skeleton width={40} height={40} round />
          <div>
            <Skeleton width={`${width}%`} height={12} />
            <Skeleton width={`${width + 20}%`} height={10} />
          </div>
        </div>
      ))}
    </div>
  );
}
