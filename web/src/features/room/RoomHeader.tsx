import type { Room, RoomSummary } from "@team/core";
import { ArrowLeft, BellOff, Info, Lock, MessagesSquare, UsersRound } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Panel } from "../../app/route";
import { useObservable } from "../../app/useObservable";
import { navigate } from "../../app/useRoute";
import { IconButton } from "../../ui/Button";
import { cx } from "../../ui/cx";
import { MxcAvatar } from "../media/MxcAvatar";
import { RoomTasksButton } from "../tasks/RoomTasksButton";
import styles from "./RoomHeader.module.css";
import { RoomMenu } from "./RoomMenu";
import { usePeopleCount } from "./usePeople";

type RoomHeaderProps = {
  room: Room;
  summary: RoomSummary;
  name: string;
  panel: Panel | null;
  setPanel: (panel: Panel | null) => void;
};

export function RoomHeader({ room, summary, name, panel, setPanel }: RoomHeaderProps) {
  const { t } = useTranslation();
  const { members } = useObservable(room.members);
  const count = usePeopleCount(summary);
  const direct = summary.directUserId !== null;
  const knocking = summary.rights.invite ? members.filter((member) => member.membership === "knock").length : 0;
  const toggle = (kind: "people" | "info" | "threads") => setPanel(panel?.kind === kind ? null : { kind });
  const threadsOpen = panel?.kind === "threads" || panel?.kind === "thread";
  return (
    <header className={styles.header} aria-label={t("room.header")}>
      <IconButton className={styles.back} label={t("room.backToList")} tooltip={false} onClick={() => navigate({ page: "home" })}>
        <ArrowLeft size={20} />
      </IconButton>
      <MxcAvatar
        id={summary.directUserId ?? summary.roomId}
        name={name}
        mxc={summary.avatar}
        size={36}
        shape={direct ? "round" : "square"}
      />
      <div className={styles.texts}>
        <h1 className={styles.name}>
          <span className={styles.nameText}>{name}</span>
          {summary.encrypted && <Lock size={14} aria-hidden="true" />}
          {summary.notificationMode === "mute" && <BellOff size={14} aria-label={t("rooms.muted")} role="img" />}
        </h1>
        <p className={styles.topic} title={summary.topic ?? undefined}>
          {direct ? summary.directUserId : t("rooms.members", { count })}
          {summary.topic !== null && summary.topic !== "" && <span className={styles.topicText}> · {summary.topic}</span>}
        </p>
      </div>
      <div className={styles.actions}>
        <RoomTasksButton room={room} pressed={false} onOpen={() => navigate({ page: "board", roomId: room.roomId, taskId: null })} />
        <RoomMenu summary={summary} knocking={knocking} onPanel={(kind) => setPanel({ kind })} />
        <span className={cx(styles.withDot, styles.roomy)}>
          <IconButton
            label={t("room.threads")}
            aria-pressed={threadsOpen}
            onClick={() => (threadsOpen ? setPanel(null) : toggle("threads"))}
          >
            <MessagesSquare size={19} />
          </IconButton>
          {summary.unreadThreadCount > 0 && <i className={styles.dot} aria-hidden="true" />}
        </span>
        <span className={cx(styles.withDot, styles.roomy)}>
          <IconButton
            label={t("room.people")}
            aria-pressed={panel?.kind === "people"}
            aria-description={knocking > 0 ? t("room.knockingCount", { count: knocking }) : undefined}
            onClick={() => toggle("people")}
          >
            <UsersRound size={19} />
          </IconButton>
          {knocking > 0 && <i className={styles.dot} aria-hidden="true" />}
        </span>
        <IconButton
          className={styles.roomy}
          label={direct ? t("room.infoDirect") : t("room.info")}
          aria-pressed={panel?.kind === "info"}
          onClick={() => toggle("info")}
        >
          <Info size={19} />
        </IconButton>
      </div>
    </header>
  );
}
