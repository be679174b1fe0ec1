import { Fragment } from "react";
import styles from "./TaskText.module.css";

const key = /(\b[A-Z][A-Z0-9]{1,9}-\d+\b)/;

/** A sentence about tasks: no line ends inside a key such as TEAM-12. */
export function TaskText({ children }: { children: string }) {
  return children.split(key).map((part, at) =>
    at % 2 === 1 ? (
      <span key={at} className={styles.key}>
        {part}
      </span>
    ) : (
      <Fragment key={at}>{part}</Fragment>
    ),
  );
}
