import { useTranslation } from "react-i18next";
import { commandKey, isApple } from "../../app/useGlobalKeys";
import styles from "./SettingsPage.module.css";

const option = isApple ? "⌥" : "Alt";

export function ShortcutsSection() {
  const { t } = useTranslation();
  const rows: [string, string[]][] = [
    [t("settings.keysSwitch"), [commandKey, "K"]],
    [t("settings.keysPrevNext"), [option, "↑ ↓"]],
    [t("settings.keysUnread"), [option, "Shift", "↑ ↓"]],
    [t("settings.keysSend"), ["Enter"]],
    [t("settings.keysLine"), ["Shift", "Enter"]],
    [t("settings.keysEdit"), ["↑"]],
    [t("settings.keysFormat"), [commandKey, "B I E"]],
    [t("settings.keysEscape"), ["Esc"]],
  ];
  return (
    <table className={styles.keys} aria-label={t("settings.shortcuts")}>
      <tbody>
        {rows.map(([what, keys]) => (
          <tr key={what}>
            <td>{what}</td>
            <td>
              {keys.map((key) => (
                <kbd key={key} className={styles.key}>
                  {key}
                </kbd>
              ))}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
