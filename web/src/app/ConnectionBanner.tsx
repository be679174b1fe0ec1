import { CloudOff, Send, TriangleAlert } from "lucide-react";
import { useEffect, useState, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../ui/Button";
import { cx } from "../ui/cx";
import { useClient } from "./client";
import { useObservable } from "./useObservable";
import styles from "./ConnectionBanner.module.css";

/** Seconds until a moment, counted down while the banner stands. */
function useCountdown(until: number | null): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (until === null) return undefined;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [until]);
  return until === null ? 0 : Math.max(0, Math.ceil((until - now) / 1000));
}

/** Becomes true only after `ms` of being wanted: what passes quickly is not worth a banner. */
function useDelayed(wanted: boolean, ms: number): boolean {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (!wanted) {
      setShown(false);
      return undefined;
    }
    const timer = setTimeout(() => setShown(true), ms);
    return () => clearTimeout(timer);
  }, [wanted, ms]);
  return shown && wanted;
}

function onNetwork(changed: () => void): () => void {
  window.addEventListener("online", changed);
  window.addEventListener("offline", changed);
  return () => {
    window.removeEventListener("online", changed);
    window.removeEventListener("offline", changed);
  };
}

const messages = new Set(["message", "media", "edit", "event"]);

/** Tells when the server cannot be reached, and what waits to be sent. */
export function ConnectionBanner() {
  const { t } = useTranslation();
  const client = useClient();
  const sync = useObservable(client.sync.state);
  const entries = useObservable(client.sendQueue.entries);
  // The system knows of a pulled cable before a waiting request does.
  const network = useSyncExternalStore(onNetwork, () => navigator.onLine);
  const offline = useDelayed(sync.kind === "offline" || !network, 1200);
  const seconds = useCountdown(sync.kind === "offline" ? sync.retryAt : null);
  const own = entries.filter((entry) => messages.has(entry.kind));
  const waiting = own.filter((entry) => entry.state !== "failed").length;
  const failed = own.filter((entry) => entry.state === "failed").length;

  if (offline) {
    return (
      <div className={cx(styles.banner, styles.offline)} role="status">
        <CloudOff size={16} aria-hidden="true" />
        <span className={styles.text}>
          {seconds > 1 ? t("net.offlineRetry", { count: seconds }) : t("net.offline")}
          {waiting > 0 && <span className={styles.outbox}>{t("net.outbox", { count: waiting })}</span>}
        </span>
        <Button size="small" look="ghost" className={styles.action} onClick={() => client.sync.retryNow()}>
          {t("net.retryNow")}
        </Button>
      </div>
    );
  }
  if (failed > 0) {
    return (
      <div className={cx(styles.banner, styles.failed)} role="status">
        <TriangleAlert size={16} aria-hidden="true" />
        <span className={styles.text}>{t("net.failed", { count: failed })}</span>
        <Button size="small" look="ghost" className={styles.action} onClick={() => void client.sendQueue.retryAll()}>
          <Send size={14} aria-hidden="true" />
          {t("common.retry")}
        </Button>
      </div>
    );
  }
  return null;
}
