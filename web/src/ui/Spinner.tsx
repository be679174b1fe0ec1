import { useTranslation } from "react-i18next";
import styles from "./Spinner.module.css";

/** A turning ring of `size` pixels; silent to screen readers, its place says what is loading. */
export function Spinner({ size = 20 }: { size?: number }) {
  return <span className={styles.spinner} style={{ width: size, height: size }} aria-hidden="true" />;
}

/** Fills its place while something loads, and says so. */
export function Loading({ label }: { label?: string }) {
  const { t } = useTranslation();
  return (
    <div className={styles.center} role="status" aria-label={label ?? t("common.loading")}>
      <Spinner size={24} />
    </div>
  );
}

/** A grey stand-in for a line or a picture that is on its way. */
export function Skeleton({ width, height = 12, round = false }: { width: number | string; height?: number; round?: boolean }) {
  return (
    <span
      className={styles.skeleton}
      style={{ width, height, ...(round ? { borderRadius: "50%" } : {}) }}
      aria-hidden="true"
    />
  );
}
