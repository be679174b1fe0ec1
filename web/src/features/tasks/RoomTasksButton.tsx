import type { Room } from "@team/core";
import { SquareCheckBig } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useObservable } from "../../app/useObservable";
import { Button, IconButton } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { Notice } from "../../ui/Notice";
import { useToasts } from "../../ui/Toast";
import { useTasksPresent } from "./taskFacts";
import { useProblemText } from "./useProblemText";

/** In the head of a room: its tasks, or the way to have some. */
export function RoomTasksButton({ room, onOpen, pressed }: { room: Room; onOpen: () => void; pressed: boolean }) {
  const { t } = useTranslation();
  const present = useTasksPresent();
  const rules = useObservable(useClient().tasks.room(room.roomId));
  const [asking, setAsking] = useState(false);
  if (!present) return null;
  const ready = rules.authority === "ours" && rules.enabled;
  return (
    <>
      <IconButton
        label={ready ? t("tasks.ofRoom") : t("tasks.setUp")}
        aria-pressed={ready ? pressed : undefined}
        onClick={() => (ready ? onOpen() : setAsking(true))}
      >
        <SquareCheckBig size={19} />
      </IconButton>
      {asking && <SetUpDialog room={room} onClose={() => setAsking(false)} />}
    </>
  );
}

/** Asks once, says what stands in the way, and sets the room up. */
export function SetUpDialog({ room, onClose }: { room: Room; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useClient();
  const toasts = useToasts();
  const problemText = useProblemText();
  const { authority, obstacle } = useObservable(client.tasks.room(room.roomId));
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const blocked =
    authority === "external"
      ? t("tasks.external")
      : obstacle === "encrypted_room_not_enabled"
        ? t("tasks.obstacleEncrypted")
        : obstacle === "forbidden"
          ? t("tasks.obstacleForbidden")
          : null;
  const setUp = async () => {
    setBusy(true);
    setFailure(null);
    try {
      // A room where they were switched off is switched on again.
      if (authority === "ours") await client.tasks.configure(room.roomId, { enabled: true });
      else await client.tasks.setUp(room.roomId);
      toasts.tell(t("tasks.setUpDone"));
      onClose();
    } catch (error) {
      setFailure(problemText(error));
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("tasks.setUpTitle")}
      foot={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button look="primary" busy={busy} disabled={blocked !== null} onClick={() => void setUp()}>
            {t("tasks.setUp")}
          </Button>
        </>
      }
    >
      <p>{t("tasks.setUpText")}</p>
      {blocked !== null && <Notice tone="warning">{blocked}</Notice>}
      {failure !== null && <Notice tone="danger">{failure}</Notice>}
    </Dialog>
  );
}
