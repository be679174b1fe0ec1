import type { Category } from "@team/core";
import { Ban, Circle, CircleCheck, CircleDot, CircleDotDashed } from "lucide-react";
import { cx } from "../../ui/cx";
import styles from "./Status.module.css";

const icons = { todo: Circle, doing: CircleDot, review: CircleDotDashed, done: CircleCheck, cancelled: Ban };

/** A status by shape and word, never by colour alone. */
export function StatusMark({ category, name }: { category: Category; name: string }) {
  const Icon = icons[category];
  return (
    <span className={cx(styles.mark, styles[category])}>
      <Icon size={15} aria-hidden="true" />
      {name}
    </span>
  );
}
