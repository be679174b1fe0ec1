import { BellRing } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useObservable } from "../../app/useObservable";
import { preferences } from "../../platform/preferences";
import { Button } from "../../ui/Button";
import styles from "./NotificationOffer.module.css";

/** Offers once to turn notifications on: browsers want a click before they ask. */
export function NotificationOffer() {
  const { t } = useTranslation();
  const { notify, notifyAnswered } = useObservable(preferences);
  const [permission, setPermission] = useState(() => ("Notification" in window ? Notification.permission : "denied"));
  if (permission !== "default" || !notify || notifyAnswered) return null;

  const turnOn = async () => {
    setPermission(await Notification.requestPermission());
    preferences.change({ notifyAnswered: true });
  };
  return (
    <section className={styles.offer} aria-label={t("settings.notifications")}>
      <BellRing size={18} aria-hidden="true" />
      <div className={styles.texts}>
        <p>{t("notify.ask")}</p>
        <div className={styles.actions}>
          <Button size="small" look="primary" onClick={() => void turnOn()}>
            {t("notify.turnOn")}
          </Button>
          <Button size="small" look="ghost" onClick={() => preferences.change({ notifyAnswered: true })}>
            {t("notify.notNow")}
          </Button>
        </div>
      </div>
    </section>
  );
}
