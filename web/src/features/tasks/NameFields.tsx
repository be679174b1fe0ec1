import type { LocalName } from "@team/core";
import { useTranslation } from "react-i18next";
import { TextField } from "../../ui/Field";
import styles from "./TaskRules.module.css";

/** A name in both languages. In English everything has one; in Russian the English one stands in until there is another. */
export function NameFields({ name, onName }: { name: LocalName; onName: (name: LocalName) => void }) {
  const { t } = useTranslation();
  return (
    <div className={styles.names}>
      <TextField
        label={t("taskRules.nameEn")}
        required
        maxLength={60}
        value={name.en}
        onChange={(event) => onName({ ...name, en: event.target.value })}
      />
      <TextField
        label={t("taskRules.nameRu")}
        maxLength={60}
        placeholder={name.en}
        value={name.ru ?? ""}
        onChange={(event) => onName(event.target.value === "" ? { en: name.en } : { en: name.en, ru: event.target.value })}
      />
    </div>
  );
}
