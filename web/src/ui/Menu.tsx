import { Check } from "lucide-react";
import { DropdownMenu as Radix } from "radix-ui";
import type { ReactElement, ReactNode } from "react";
import { cx } from "./cx";
import styles from "./Menu.module.css";

type MenuProps = {
  /** The button that opens the menu; it carries the accessible name. */
  trigger: ReactElement;
  children: ReactNode;
  align?: "start" | "center" | "end";
  side?: "top" | "bottom" | "left" | "right";
  onOpenChange?: (open: boolean) => void;
};

export function Menu({ trigger, children, align = "end", side = "bottom", onOpenChange }: MenuProps) {
  return (
    <Radix.Root modal={false} {...(onOpenChange ? { onOpenChange } : {})}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          className={styles.content}
          align={align}
          side={side}
          sideOffset={6}
          collisionPadding={8}
          onCloseAutoFocus={(event) => {
            // A dialog that the chosen item has opened keeps its focus.
            if (document.querySelector('[role="dialog"]') !== null) event.preventDefault();
          }}
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

type ItemProps = { icon?: ReactNode; onSelect: () => void; danger?: boolean; disabled?: boolean; children: ReactNode };

export function MenuItem({ icon, onSelect, danger = false, disabled = false, children }: ItemProps) {
  return (
    <Radix.Item className={cx(styles.item, danger && styles.danger)} disabled={disabled} onSelect={onSelect}>
      {icon}
      {children}
    </Radix.Item>
  );
}

type ChoiceProps = { value: string; onValue: (value: string) => void; options: { value: string; label: string }[] };

export function MenuChoice({ value, onValue, options }: ChoiceProps) {
  return (
    <Radix.RadioGroup value={value} onValueChange={onValue}>
      {options.map((option) => (
        <Radix.RadioItem key={option.value} value={option.value} className={styles.item}>
          {option.label}
          <Radix.ItemIndicator className={styles.check}>
            <Check size={16} />
          </Radix.ItemIndicator>
        </Radix.RadioItem>
      ))}
    </Radix.RadioGroup>
  );
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return <Radix.Label className={styles.label}>{children}</Radix.Label>;
}

export function MenuSeparator() {
  return <Radix.Separator className={styles.separator} />;
}
