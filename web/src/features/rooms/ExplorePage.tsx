import type { PublicRoom } from "@team/core";
import { Compass, Plus, Users } from "lucide-react";
import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { roomRoute } from "../../app/route";
import { useErrorText } from "../../app/useErrorText";
import { useObservable } from "../../app/useObservable";
import { navigate } from "../../app/useRoute";
import { Button } from "../../ui/Button";
import { EmptyState } from "../../ui/EmptyState";
import { SearchField } from "../../ui/Field";
import { Page } from "../../ui/Page";
import page from "../../ui/Page.module.css";
import { Loading } from "../../ui/Spinner";
import { useToasts } from "../../ui/Toast";
import { MxcAvatar } from "../media/MxcAvatar";
import { CreateRoomDialog } from "./CreateRoomDialog";
import styles from "./ExplorePage.module.css";

type Found = { rooms: readonly PublicRoom[]; next: string | null };

/** The open rooms of this server, found by name, loaded page by page. */
function usePublicRooms(search: string) {
  const client = useClient();
  const [found, setFound] = useState<Found | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const [loading, setLoading] = useState(true);
  const abort = useRef<AbortController | null>(null);

  const load = useCallback(
    async (from: string | null) => {
      abort.current?.abort();
      const mine = new AbortController();
      abort.current = mine;
      setLoading(true);
      setFailure(null);
      try {
        const page = await client.directory.publicRooms({
          limit: 30,
          signal: mine.signal,
          ...(search === "" ? {} : { search }),
          ...(from === null ? {} : { from }),
        });
        setFound((before) => ({
          rooms: from === null || before === null ? page.rooms : [...before.rooms, ...page.rooms],
          next: page.next,
        }));
      } catch (error) {
        if (!mine.signal.aborted) setFailure(error);
      } finally {
        if (!mine.signal.aborted) setLoading(false);
      }
    },
    [client, search],
  );

  useEffect(() => {
    const timer = setTimeout(() => void load(null), search === "" ? 0 : 200);
    return () => {
      clearTimeout(timer);
      abort.current?.abort();
    };
  }, [load, search]);

  return { found, failure, loading, load };
}

export function ExplorePage({ className }: { className?: string | undefined }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const [query, setQuery] = useState("");
  const [creating, setCreating] = useState(false);
  const search = query.trim();
  const { found, failure, loading, load } = usePublicRooms(search);
  return (
    <Page
      className={className}
      title={t("explore.title")}
      subtitle={t("explore.text")}
      onBack={() => navigate({ page: "home" })}
      actions={
        <Button look="primary" brief icon={<Plus size={17} />} onClick={() => setCreating(true)}>
          {t("rooms.createRoom")}
        </Button>
      }
    >
      <div className={page.column}>
        <SearchField label={t("explore.search")} value={query} onValue={setQuery} autoFocus />
        {failure !== null ? (
          <EmptyState title={errorText(failure)}>
            <Button onClick={() => void load(null)}>{t("common.retry")}</Button>
          </EmptyState>
        ) : found === null ? (
          <Loading />
        ) : found.rooms.length === 0 ? (
          <EmptyState
            icon={<Compass size={26} />}
            title={search === "" ? t("explore.empty") : t("explore.none")}
            {...(search === "" ? { text: t("explore.emptyText") } : {})}
          />
        ) : (
          <>
            <ul className={styles.list}>
              {found.rooms.map((room) => (
                <PublicRoomRow key={room.roomId} room={room} />
              ))}
            </ul>
            {found.next !== null && (
              <Button busy={loading} onClick={() => void load(found.next)}>
                {t("explore.more")}
              </Button>
            )}
          </>
        )}
      </div>
      <CreateRoomDialog open={creating} onClose={() => setCreating(false)} />
    </Page>
  );
}

function PublicRoomRow({ room }: { room: PublicRoom }) {
  const { t } = useTranslation();
  const client = useClient();
  const toasts = useToasts();
  const errorText = useErrorText();
  const summary = useObservable(client.rooms.room(room.roomId).summary);
  const [busy, setBusy] = useState(false);
  const name = room.name ?? room.alias ?? room.roomId;
  const membership = summary?.membership ?? "leave";
  const knocks = room.joinRule === "knock" || room.joinRule === "knock_restricted";

  const enter = async () => {
    setBusy(true);
    try {
      if (membership === "join") navigate(roomRoute(room.roomId));
      else if (knocks && membership !== "invite") await client.rooms.knock(room.roomId);
      else navigate(roomRoute(await client.rooms.join(room.alias ?? room.roomId)));
    } catch (error) {
      toasts.warn(errorText(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <li className={styles.room}>
      <MxcAvatar id={room.roomId} name={name} mxc={room.avatar} size={44} shape="square" />
      <div className={styles.texts}>
        <h2 className={styles.name}>{name}</h2>
        {room.topic !== null && room.topic !== "" && <p className={styles.topic}>{room.topic}</p>}
        <p className={styles.meta}>
          <Users size={13} aria-hidden="true" />
          <span className={styles.count}>{t("rooms.members", { count: room.joinedCount })}</span>
          {room.alias !== null && <span className={styles.alias}>{room.alias}</span>}
        </p>
      </div>
      <Button
        look={membership === "join" ? "secondary" : "primary"}
        size="small"
        busy={busy}
        disabled={membership === "knock" || membership === "ban"}
        aria-label={`${membership === "join" ? t("explore.open") : knocks ? t("explore.knock") : t("explore.join")}: ${name}`}
        onClick={() => void enter()}
      >
        {membership === "join"
          ? t("explore.open")
          : membership === "knock"
            ? t("explore.knocked")
            : knocks && membership !== "invite"
              ? t("explore.knock")
              : t("explore.join")}
      </Button>
    </li>
  );
}
