import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { commandKey, isApple } from "../../app/useGlobalKeys";
import { useObservable } from "../../app/useObservable";
import { preferences } from "../../platform/preferences";
import { Switch } from "../../ui/Switch";
import styles from "./SettingsPage.module.css";

const option = isApple ? "⌥" : "Alt";

type Row = readonly [what: string, keys: readonly string[]];

export function ShortcutsSection() {
  const { t } = useTranslation();
  const { tasksAuthority } = useObservable(useClient().session.capabilities);
  const { singleKeys } = useObservable(preferences);
  const conversations: Row[] = [
    [t("settings.keysSwitch"), [commandKey, "K"]],
    [t("settings.keysPrevNext"), [option, "↑ ↓"]],
    [t("settings.keysUnread"), [option, "Shift", "↑ ↓"]],
    [t("settings.keysSend"), ["Enter"]],
    [t("settings.keysLine"), ["Shift", "Enter"]],
    [t("settings.keysEdit"), ["↑"]],
    [t("settings.keysFormat"), [commandKey, "B I E"]],
    [t("settings.keysEscape"), ["Esc"]],
  ];
  const tasks: Row[] = [
    [t("settings.keysSlash"), ["/task"]],
    [t("settings.keysTask"), ["T"]],
    [t("settings.keysMove"), ["J", "K"]],
    [t("settings.keysNew"), ["C"]],
    [t("settings.keysStatus"), ["S"]],
    [t("settings.keysDone"), ["E"]],
    [t("settings.keysAssign"), ["A"]],
    [t("settings.keysDue"), ["D"]],
    [t("settings.keysPriority"), ["P"]],
    [t("settings.keysSelect"), ["X"]],
    [t("settings.keysFilter"), ["/"]],
    [t("settings.keysCarry"), ["Space", "← ↑ ↓ →", "Space"]],
    [t("settings.keysHelp"), ["?"]],
  ];
  if (tasksAuthority === null) return <Keys label={t("settings.shortcuts")} rows={conversations} />;
  return (
    <>
      <h2 className={styles.label}>{t("settings.keysConversations")}</h2>
      <Keys label={t("settings.keysConversations")} rows={conversations} />
      <h2 className={styles.label}>{t("settings.keysTasks")}</h2>
      <Keys label={t("settings.keysTasks")} rows={tasks} />
      <Switch
        label={t("settings.singleKeys")}
        hint={t("settings.singleKeysHint")}
        checked={singleKeys}
        onChecked={(checked) => preferences.change({ singleKeys: checked })}
      />
    </>
  );
}

function Keys({ label, rows }: { label: string; rows: readonly Row[] }) {
  return (
    <table className={styles.keys} aria-label={label}>
      <tbody>
        {rows.map(([what, keys]) => (
          <tr key={what}>
            <td>{what}</td>
            <td>
              {keys.map((key, i) => (
                <kbd key={`${i} ${key}`} className={styles.key}>
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
