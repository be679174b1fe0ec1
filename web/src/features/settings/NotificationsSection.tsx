import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useObservable } from "../../app/useObservable";
import { preferences } from "../../platform/preferences";
import { Notice } from "../../ui/Notice";
import { Switch } from "../../ui/Switch";
import { chime } from "../notifications/chime";

const supported = "Notification" in window;

export function NotificationsSection() {
  const { t } = useTranslation();
  const { notify, sound, showText } = useObservable(preferences);
  const [permission, setPermission] = useState<NotificationPermission>(supported ? Notification.permission : "denied");

  const change = async (wanted: boolean) => {
    preferences.change({ notify: wanted });
    // Browsers show their question only in answer to a click: this is one.
    if (wanted && supported && Notification.permission === "default") setPermission(await Notification.requestPermission());
  };

  return (
    <>
      {!supported && <Notice>{t("settings.desktopUnsupported")}</Notice>}
      {supported && permission === "denied" && <Notice tone="warning">{t("settings.desktopDenied")}</Notice>}
      <Switch
        label={t("settings.desktop")}
        hint={t("settings.desktopHint")}
        checked={notify && permission === "granted"}
        disabled={!supported || permission === "denied"}
        onChecked={(checked) => void change(checked)}
      />
      <Switch
        label={t("settings.sound")}
        hint={t("settings.soundHint")}
        checked={sound}
        onChecked={(checked) => {
          preferences.change({ sound: checked });
          if (checked) chime();
        }}
      />
      <Switch
        label={t("settings.previewText")}
        hint={t("settings.previewTextHint")}
        checked={showText}
        onChecked={(checked) => preferences.change({ showText: checked })}
      />
    </>
  );
}
