import { Tooltip as Radix } from "radix-ui";
import type { ReactElement } from "react";
import styles from "./Tooltip.module.css";

/** Names what is under the pointer. The child must take a ref and carry its own accessible name. */
export function Tooltip({ label, keys, children }: { label: string; keys?: string | undefined; children: ReactElement }) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content className={styles.content} sideOffset={6} collisionPadding={8}>
          {label}
          {keys !== undefined && <kbd className={styles.keys}>{keys}</kbd>}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

export const TooltipProvider = Radix.Provider;
