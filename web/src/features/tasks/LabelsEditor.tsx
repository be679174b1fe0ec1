import type { Label } from "@team/core";
import { Plus, Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "../../ui/Button";
import { NameFields } from "./NameFields";
import { idFor } from "./ruleDraft";
import { useLocalName } from "./taskFacts";
import styles from "./TaskRules.module.css";

const colours = ["#0b7466", "#3f62ad", "#8250df", "#a04572", "#b42318", "#bf5700", "#1a7f37", "#5b6570"];
const most = 200;

/** The labels that tasks of a room can carry. */
export function LabelsEditor({ labels, onLabels }: { labels: readonly Label[]; onLabels: (labels: readonly Label[]) => void }) {
  const { t } = useTranslation();
  const localName = useLocalName();
  const change = (at: number, label: Label) => onLabels(labels.map((each, index) => (index === at ? label : each)));
  return (
    <section aria-label={t("tasks.labels")}>
      <h3 className={styles.heading}>{t("tasks.labels")}</h3>
      {labels.length === 0 && <p className={styles.quiet}>{t("taskRules.noLabels")}</p>}
      <ul className={styles.list}>
        {labels.map((label, at) => {
          const name = localName(label.name) || t("taskRules.newLabel");
          return (
            <li key={label.id} className={styles.row} aria-label={name}>
              <input
                type="color"
                className={styles.colour}
                aria-label={t("taskRules.colourOf", { label: name })}
                value={label.color ?? "#5b6570"}
                onChange={(event) => change(at, { ...label, color: event.target.value })}
              />
              <NameFields name={label.name} onName={(next) => change(at, { ...label, name: next })} />
              <IconButton
                label={t("taskRules.removeLabel", { label: name })}
                tooltip={false}
                onClick={() => onLabels(labels.filter((_, index) => index !== at))}
              >
                <Trash2 size={17} />
              </IconButton>
            </li>
          );
        })}
      </ul>
      {labels.length < most && (
        <Button
          size="small"
          icon={<Plus size={16} />}
          onClick={() => {
            const id = idFor("label", labels.map((each) => each.id));
            onLabels([...labels, { id, name: { en: "" }, color: colours[labels.length % colours.length] ?? "#5b6570" }]);
          }}
        >
          {t("taskRules.newLabel")}
        </Button>
      )}
    </section>
  );
}
