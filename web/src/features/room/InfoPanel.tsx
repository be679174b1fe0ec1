import type { JoinRule, NotificationMode, Room, RoomSummary } from "@team/core";
import { Copy, LogOut } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useDates } from "../../app/useDates";
import { useErrorText } from "../../app/useErrorText";
import { useObservable } from "../../app/useObservable";
import { navigate } from "../../app/useRoute";
import { copyText } from "../../platform/clipboard";
import { Button, IconButton } from "../../ui/Button";
import { Choice } from "../../ui/Choice";
import { Confirm } from "../../ui/Confirm";
import { PanelFrame } from "../../ui/PanelFrame";
import { useToasts } from "../../ui/Toast";
import { EditableAvatar } from "../media/EditableAvatar";
import { RoomTasksSection } from "../tasks/RoomTasksSection";
import { EditableText } from "./EditableText";
import styles from "./InfoPanel.module.css";
import { usePeopleCount } from "./usePeople";

type InfoPanelProps = { room: Room; summary: RoomSummary; name: string; onClose: () => void };

/** A room's settings: what it is called, who comes in, how it notifies, and the way out. */
export function InfoPanel({ room, summary, name, onClose }: InfoPanelProps) {
  const { t } = useTranslation();
  const direct = summary.directUserId !== null;
  const { rights } = summary;
  return (
    <PanelFrame title={direct ? t("room.infoDirect") : t("room.info")} onClose={onClose}>
      <div className={styles.panel}>
        <div className={styles.face}>
          <EditableAvatar
            id={summary.directUserId ?? summary.roomId}
            name={name}
            mxc={summary.avatar}
            shape={direct ? "round" : "square"}
            label={t("room.picture")}
            changeLabel={t("room.changePicture")}
            removeLabel={t("room.removePicture")}
            disabled={direct || !rights.setAvatar}
            onChange={(avatar) => room.setAvatar(avatar)}
          />
        </div>
        {direct ? (
          <div className={styles.person}>
            <div className={styles.personName}>{name}</div>
            <div className={styles.quiet}>{summary.directUserId}</div>
          </div>
        ) : (
          <>
            <EditableText
              label={t("room.name")}
              value={summary.name.kind === "given" ? summary.name.text : ""}
              placeholder={name}
              disabled={!rights.setName}
              onSave={(next) => room.setName(next)}
            />
            <EditableText
              label={t("room.topic")}
              value={summary.topic ?? ""}
              placeholder={t("room.noTopic")}
              multiline
              disabled={!rights.setTopic}
              onSave={(next) => room.setTopic(next)}
            />
          </>
        )}
        <NotificationChoice room={room} mode={summary.notificationMode} />
        {!direct && <AccessChoice room={room} rule={summary.joinRule} disabled={!rights.setJoinRule} />}
        <RoomTasksSection room={room} />
        <Details room={room} summary={summary} />
        <LeaveButton room={room} summary={summary} name={name} />
      </div>
    </PanelFrame>
  );
}

/** Does the work and says when it fails. */
function useTold(): (work: Promise<unknown>) => void {
  const toasts = useToasts();
  const errorText = useErrorText();
  return (work) => void work.catch((error: unknown) => toasts.warn(errorText(error)));
}

function NotificationChoice({ room, mode }: { room: Room; mode: NotificationMode }) {
  const { t } = useTranslation();
  const told = useTold();
  return (
    <Choice<NotificationMode>
      label={t("room.notifications")}
      value={mode}
      onValue={(next) => told(room.setNotificationMode(next))}
      options={[
        { value: "default", label: t("room.notifyDefault"), text: t("room.notifyDefaultText") },
        { value: "all", label: t("room.notifyAll"), text: t("room.notifyAllText") },
        { value: "mentions", label: t("room.notifyMentions"), text: t("room.notifyMentionsText") },
        { value: "mute", label: t("room.notifyMute"), text: t("room.notifyMuteText") },
      ]}
    />
  );
}

function AccessChoice({ room, rule, disabled }: { room: Room; rule: JoinRule; disabled: boolean }) {
  const { t } = useTranslation();
  const told = useTold();
  const options: { value: JoinRule; label: string }[] = [
    { value: "invite", label: t("room.accessInvite") },
    { value: "knock", label: t("room.accessKnock") },
    { value: "public", label: t("room.accessPublic") },
  ];
  if (!options.some((option) => option.value === rule)) options.push({ value: rule, label: t("room.accessOther") });
  const change = async (next: JoinRule) => {
    await room.setJoinRule(next);
    // Everybody may enter only what everybody can find.
    await room.setListed(next === "public" || next === "knock");
  };
  return (
    <Choice
      label={t("room.access")}
      value={rule}
      disabled={disabled}
      onValue={(next) => told(change(next))}
      options={disabled ? options.filter(({ value }) => value === rule) : options}
    />
  );
}

function Details({ room, summary }: { room: Room; summary: RoomSummary }) {
  const { t } = useTranslation();
  const dates = useDates();
  const toasts = useToasts();
  const details = useObservable(room.details);
  const copy = (text: string) => void copyText(text).then(() => toasts.tell(t("common.copied")));
  return (
    <section aria-label={t("room.details")}>
      <h3 className={styles.heading}>{t("room.details")}</h3>
      <dl className={styles.details}>
        {summary.canonicalAlias !== null && (
          <Detail label={t("room.address")} value={summary.canonicalAlias} onCopy={copy} />
        )}
        <Detail label={t("room.id")} value={summary.roomId} onCopy={copy} />
      </dl>
      {details !== null && (
        <p className={styles.quiet}>
          {[
            details.createdTs !== null && t("room.created", { date: dates.date(details.createdTs) }),
            t("room.version", { version: details.version }),
          ]
            .filter(Boolean)
            .join(" · ")}
        </p>
      )}
    </section>
  );
}

function Detail({ label, value, onCopy }: { label: string; value: string; onCopy: (value: string) => void }) {
  const { t } = useTranslation();
  return (
    <div className={styles.detail}>
      <dt className={styles.quiet}>{label}</dt>
      <dd className={styles.line}>
        <span className={styles.value} title={value}>
          {value}
        </span>
        <IconButton size="small" label={`${t("common.copy")}: ${label}`} onClick={() => onCopy(value)}>
          <Copy size={16} />
        </IconButton>
      </dd>
    </div>
  );
}

function LeaveButton({ room, summary, name }: { room: Room; summary: RoomSummary; name: string }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const [asking, setAsking] = useState(false);
  const count = usePeopleCount(summary);
  const text =
    count <= 1 && summary.joinRule !== "public"
      ? t("room.leaveLast")
      : summary.joinRule === "public"
        ? t("room.leaveTextPublic")
        : t("room.leaveText");
  return (
    <>
      <Button look="dangerQuiet" wide icon={<LogOut size={17} />} onClick={() => setAsking(true)}>
        {summary.directUserId === null ? t("room.leave") : t("room.leaveDirect")}
      </Button>
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        title={t("room.leaveTitle", { room: name })}
        text={text}
        action={t("room.leaveAction")}
        explain={errorText}
        onConfirm={async () => {
          await room.leave();
          navigate({ page: "home" });
        }}
      />
    </>
  );
}
