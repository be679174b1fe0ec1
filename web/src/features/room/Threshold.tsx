import type { Room, RoomSummary } from "@team/core";
import { ArrowLeft } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useErrorText } from "../../app/useErrorText";
import { navigate } from "../../app/useRoute";
import { Button, IconButton } from "../../ui/Button";
import { Notice } from "../../ui/Notice";
import { MxcAvatar } from "../media/MxcAvatar";
import styles from "./Threshold.module.css";

/** In front of a room that one is not in: an invitation, a request, or a room that one has left. */
export function Threshold({ room, summary, name }: { room: Room; summary: RoomSummary; name: string }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const [busy, setBusy] = useState<"yes" | "no" | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const { invitation, membership } = summary;

  const run = async (which: "yes" | "no", work: () => Promise<void>, leaves: boolean) => {
    setBusy(which);
    setFailure(null);
    try {
      await work();
      if (leaves) navigate({ page: "home" });
    } catch (error) {
      setFailure(errorText(error));
    } finally {
      setBusy(null);
    }
  };

  return (
    <>
      <IconButton className={styles.back} label={t("room.backToList")} tooltip={false} onClick={() => navigate({ page: "home" })}>
        <ArrowLeft size={20} />
      </IconButton>
      <div className={styles.threshold}>
        <MxcAvatar
          id={invitation?.direct === true ? invitation.sender : summary.roomId}
          name={invitation?.direct === true ? invitation.senderName : name}
          mxc={invitation?.direct === true ? invitation.senderAvatar : summary.avatar}
          size={80}
          shape={invitation?.direct === true ? "round" : "square"}
        />
        <div>
          <h1 className={styles.name}>{invitation?.direct === true ? invitation.senderName : name}</h1>
          {summary.topic !== null && <p className={styles.topic}>{summary.topic}</p>}
        </div>
        <p className={styles.text}>
          {membership === "invite" &&
            invitation !== null &&
            (invitation.direct
              ? t("rooms.invitedDirect", { name: invitation.senderName })
              : t("rooms.invitedBy", { name: invitation.senderName }))}
          {membership === "knock" && t("rooms.knockPending")}
          {(membership === "leave" || membership === "ban") && t("rooms.leftTitle")}
        </p>
        {invitation?.reason != null && <blockquote className={styles.reason}>{invitation.reason}</blockquote>}
        {failure !== null && <Notice tone="danger">{failure}</Notice>}
        <div className={styles.actions}>
          {membership === "invite" && (
            <>
              <Button size="large" busy={busy === "no"} onClick={() => void run("no", () => room.leave(), true)}>
                {t("rooms.decline")}
              </Button>
              <Button look="primary" size="large" busy={busy === "yes"} onClick={() => void run("yes", () => room.join(), false)}>
                {t("rooms.accept")}
              </Button>
            </>
          )}
          {membership === "knock" && (
            <Button busy={busy === "no"} onClick={() => void run("no", () => room.leave(), true)}>
              {t("rooms.withdrawKnock")}
            </Button>
          )}
          {membership === "leave" && (
            <>
              <Button busy={busy === "no"} onClick={() => void run("no", () => room.forget(), true)}>
                {t("rooms.forget")}
              </Button>
              <Button look="primary" busy={busy === "yes"} onClick={() => void run("yes", () => room.join(), false)}>
                {t("rooms.rejoin")}
              </Button>
            </>
          )}
          {membership === "ban" && (
            <Button busy={busy === "no"} onClick={() => void run("no", () => room.forget(), true)}>
              {t("rooms.forget")}
            </Button>
          )}
        </div>
      </div>
    </>
  );
}
