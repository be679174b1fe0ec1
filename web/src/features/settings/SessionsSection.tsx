import { MatrixError, type Device } from "@team/core";
import { LogOut, MonitorSmartphone, Pencil } from "lucide-react";
import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useDates } from "../../app/useDates";
import { useErrorText } from "../../app/useErrorText";
import { Button, IconButton } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { PasswordField } from "../../ui/Field";
import { EmptyState } from "../../ui/EmptyState";
import { Loading } from "../../ui/Spinner";
import { useToasts } from "../../ui/Toast";
import { RenameDialog } from "../people/RenameDialog";
import styles from "./SettingsPage.module.css";

/** Where the account is signed in, and how to end it there. */
export function SessionsSection() {
  const { t } = useTranslation();
  const client = useClient();
  const errorText = useErrorText();
  const [devices, setDevices] = useState<readonly Device[] | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const [ending, setEnding] = useState<readonly Device[]>([]);
  const [renaming, setRenaming] = useState<Device | null>(null);

  const load = useCallback(async () => {
    setFailure(null);
    try {
      setDevices(await client.session.devices());
    } catch (error) {
      setFailure(error);
    }
  }, [client]);
  useEffect(() => void load(), [load]);

  if (failure !== null) {
    return (
      <EmptyState title={errorText(failure)}>
        <Button onClick={() => void load()}>{t("common.retry")}</Button>
      </EmptyState>
    );
  }
  if (devices === null) return <Loading />;
  const current = devices.filter((device) => device.current);
  const others = devices
    .filter((device) => !device.current)
    .sort((a, b) => (b.lastSeenTs ?? 0) - (a.lastSeenTs ?? 0));
  return (
    <>
      <section className={styles.sessions} aria-label={t("settings.thisSession")}>
        <h2 className={styles.heading}>{t("settings.thisSession")}</h2>
        {current.map((device) => (
          <SessionRow key={device.deviceId} device={device} onRename={() => setRenaming(device)} />
        ))}
      </section>
      <section className={styles.sessions} aria-label={t("settings.otherSessions")}>
        <h2 className={styles.heading}>{t("settings.otherSessions")}</h2>
        {others.length === 0 && <p className={styles.quiet}>{t("settings.noOthers")}</p>}
        {others.map((device) => (
          <SessionRow
            key={device.deviceId}
            device={device}
            onRename={() => setRenaming(device)}
            onEnd={() => setEnding([device])}
          />
        ))}
        {others.length > 1 && (
          <div>
            <Button look="dangerQuiet" icon={<LogOut size={16} />} onClick={() => setEnding(others)}>
              {t("settings.endAll")}
            </Button>
          </div>
        )}
      </section>
      {ending.length > 0 && <EndDialog devices={ending} onClose={() => setEnding([])} onDone={() => void load()} />}
      {renaming !== null && (
        <RenameDialog
          name={renaming.displayName ?? renaming.deviceId}
          onClose={() => setRenaming(null)}
          onSave={async (name) => {
            await client.session.renameDevice(renaming.deviceId, name);
            await load();
          }}
        />
      )}
    </>
  );
}

function SessionRow({ device, onRename, onEnd }: { device: Device; onRename: () => void; onEnd?: () => void }) {
  const { t } = useTranslation();
  const dates = useDates();
  const name = device.displayName ?? t("settings.unnamed");
  return (
    <div className={styles.session}>
      <MonitorSmartphone size={20} aria-hidden="true" />
      <div className={styles.sessionTexts}>
        <div className={styles.sessionName}>{name}</div>
        <div className={styles.quiet}>
          {[
            device.lastSeenTs !== null && t("settings.lastSeen", { when: dates.short(device.lastSeenTs) }),
            device.lastSeenIp,
          ]
            .filter(Boolean)
            .join(" · ") || device.deviceId}
        </div>
      </div>
      <IconButton label={t("settings.renameSessionNamed", { name })} onClick={onRename}>
        <Pencil size={17} />
      </IconButton>
      {onEnd !== undefined && (
        <IconButton label={t("settings.endSessionNamed", { name })} onClick={onEnd}>
          <LogOut size={17} />
        </IconButton>
      )}
    </div>
  );
}

function EndDialog({ devices, onClose, onDone }: { devices: readonly Device[]; onClose: () => void; onDone: () => void }) {
  const { t } = useTranslation();
  const client = useClient();
  const toasts = useToasts();
  const errorText = useErrorText();
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);

  const end = async () => {
    if (password === "" || busy) return;
    setBusy(true);
    setFailure(null);
    try {
      await client.session.deleteDevices(
        devices.map((device) => device.deviceId),
        password,
      );
      toasts.tell(t("settings.ended"));
      onClose();
      onDone();
    } catch (error) {
      const wrong = error instanceof MatrixError && (error.errcode === "M_FORBIDDEN" || error.status === 401);
      setFailure(wrong ? t("session.currentWrong") : errorText(error));
      setBusy(false);
    }
  };

  return (
    <Dialog
      open
      onClose={onClose}
      title={devices.length === 1 ? t("settings.endTitle") : t("settings.endAllTitle")}
      description={t("settings.endText")}
      foot={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button look="danger" busy={busy} disabled={password === ""} onClick={() => void end()}>
            {devices.length === 1 ? t("settings.endSession") : t("settings.endAll")}
          </Button>
        </>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void end();
        }}
      >
        <PasswordField
          label={t("session.password")}
          autoComplete="current-password"
          autoFocus
          value={password}
          error={failure}
          onChange={(event) => setPassword(event.target.value)}
        />
      </form>
    </Dialog>
  );
}
