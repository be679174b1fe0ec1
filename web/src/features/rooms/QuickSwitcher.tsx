import { Search } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useOwnUserId } from "../../app/ownUser";
import { roomRoute } from "../../app/route";
import { useErrorText } from "../../app/useErrorText";
import { useRoomNames } from "../../app/useNames";
import { useObservable } from "../../app/useObservable";
import { navigate } from "../../app/useRoute";
import { CountBadge } from "../../ui/Badge";
import { cx } from "../../ui/cx";
import { Dialog } from "../../ui/Dialog";
import { useToasts } from "../../ui/Toast";
import { MxcAvatar } from "../media/MxcAvatar";
import { filterRooms } from "./sections";
import { useUserSearch } from "./useUserSearch";
import styles from "./QuickSwitcher.module.css";

/** Ctrl/Cmd+K: a few letters, Enter, and one is in another conversation. */
export function QuickSwitcher({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Dialog open={open} onClose={onClose} title={t("rooms.quick")} top bare>
      <Switcher onClose={onClose} />
    </Dialog>
  );
}

type Target = {
  key: string;
  name: string;
  hint: string;
  avatarId: string;
  avatar: string | null;
  shape: "round" | "square";
  unread: number;
  highlight: boolean;
  open: () => Promise<string>;
};

function useTargets(query: string): Target[] {
  const client = useClient();
  const ownId = useOwnUserId();
  const roomName = useRoomNames();
  const list = useObservable(client.rooms.list);
  const { users } = useUserSearch(query);
  return useMemo(() => {
    const all = [...list.invites, ...list.joined.filter((room) => room.kind === "room")];
    const wanted = query.trim();
    // With nothing typed, unread conversations come first: they are the likely goals.
    const rooms =
      wanted === ""
        ? [...all].sort((a, b) => Number(b.unreadCount > 0) - Number(a.unreadCount > 0) || b.activityTs - a.activityTs)
        : filterRooms(all, wanted, roomName);
    const direct = new Set(all.map((room) => room.directUserId));
    return [
      ...rooms.slice(0, 12).map(
        (room): Target => ({
          key: room.roomId,
          name: roomName(room.name),
          hint: room.topic ?? "",
          avatarId: room.directUserId ?? room.roomId,
          avatar: room.avatar,
          shape: room.directUserId === null ? "square" : "round",
          unread: room.unreadCount,
          highlight: room.highlightCount > 0,
          open: () => Promise.resolve(room.roomId),
        }),
      ),
      ...(wanted === "" ? [] : users)
        .filter((user) => user.userId !== ownId && !direct.has(user.userId))
        .slice(0, 6)
        .map(
          (user): Target => ({
            key: user.userId,
            name: user.name,
            hint: user.userId,
            avatarId: user.userId,
            avatar: user.avatar,
            shape: "round",
            unread: 0,
            highlight: false,
            open: () => client.rooms.openDirect(user.userId),
          }),
        ),
    ];
  }, [client, list, users, query, roomName, ownId]);
}

function Switcher({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const toasts = useToasts();
  const errorText = useErrorText();
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const targets = useTargets(query);
  const current = targets[Math.min(at, targets.length - 1)];

  const go = async (target: Target) => {
    onClose();
    try {
      navigate(roomRoute(await target.open()));
    } catch (error) {
      toasts.warn(errorText(error));
    }
  };

  return (
    <div className={styles.switcher}>
      <div className={styles.field}>
        <Search size={19} aria-hidden="true" />
        <input
          className={styles.input}
          role="combobox"
          aria-label={t("rooms.quick")}
          aria-expanded="true"
          aria-controls="quick-switcher-list"
          aria-activedescendant={current === undefined ? undefined : `quick-${current.key}`}
          placeholder={t("rooms.quick")}
          autoFocus
          autoComplete="off"
          spellCheck={false}
          value={query}
          onChange={(event) => {
            setQuery(event.target.value);
            setAt(0);
          }}
          onKeyDown={(event) => {
            if (event.key === "ArrowDown" || event.key === "ArrowUp") {
              event.preventDefault();
              const step = event.key === "ArrowDown" ? 1 : -1;
              if (targets.length > 0) setAt((Math.min(at, targets.length - 1) + step + targets.length) % targets.length);
            } else if (event.key === "Enter" && current !== undefined) {
              event.preventDefault();
              void go(current);
            }
          }}
        />
      </div>
      <ul className={styles.list} id="quick-switcher-list" role="listbox" aria-label={t("rooms.nav")}>
        {targets.map((target) => (
          <li
            key={target.key}
            id={`quick-${target.key}`}
            role="option"
            aria-selected={target === current}
            className={cx(styles.option, target === current && styles.current)}
            ref={target === current ? (element) => element?.scrollIntoView({ block: "nearest" }) : undefined}
            onPointerMove={() => setAt(targets.indexOf(target))}
            onClick={() => void go(target)}
          >
            <MxcAvatar id={target.avatarId} name={target.name} mxc={target.avatar} size={30} shape={target.shape} />
            <span className={styles.name}>{target.name}</span>
            <span className={styles.hint}>{target.hint}</span>
            {target.unread > 0 && <CountBadge count={target.unread} tone={target.highlight ? "highlight" : "accent"} />}
          </li>
        ))}
        {targets.length === 0 && query !== "" && (
          <li className={styles.none} role="presentation">
            {t("rooms.noneFound", { query })}
          </li>
        )}
      </ul>
      <p className={styles.foot}>{t("rooms.quickHint")}</p>
    </div>
  );
}
