import { createContext, useCallback, useContext, useMemo, useRef, useState } from "react";
import type { ReactNode } from "react";
import { cx } from "./cx";
import styles from "./Toast.module.css";

type Toast = { id: number; text: string; tone: "plain" | "danger" };
type Toasts = {
  /** Says in passing that something has happened. */
  tell: (text: string) => void;
  /** Says in passing that something has failed. */
  warn: (text: string) => void;
};

const ToastContext = createContext<Toasts | null>(null);
const shownFor = 4500;

export function ToastProvider({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<Toast[]>([]);
  const next = useRef(0);
  const show = useCallback((text: string, tone: Toast["tone"]) => {
    const id = (next.current += 1);
    setToasts((all) => [...all.slice(-2), { id, text, tone }]);
    setTimeout(() => setToasts((all) => all.filter((toast) => toast.id !== id)), shownFor);
  }, []);
  const value = useMemo<Toasts>(
    () => ({ tell: (text) => show(text, "plain"), warn: (text) => show(text, "danger") }),
    [show],
  );
  return (
    <ToastContext.Provider value={value}>
      {children}
      <div className={styles.viewport} role="status" aria-live="polite">
        {toasts.map((toast) => (
          <div key={toast.id} className={cx(styles.toast, toast.tone === "danger" && styles.danger)}>
            {toast.text}
          </div>
        ))}
      </div>
    </ToastContext.Provider>
  );
}

export function useToasts(): Toasts {
  const toasts = useContext(ToastContext);
  if (toasts === null) throw new Error("useToasts needs a ToastProvider above it");
  return toasts;
}
