import type { LucideIcon } from "lucide-react-native";
import type { ReactNode } from "react";
import { KeyboardAvoidingView, Modal, Pressable, ScrollView, View } from "react-native";
import { useSafeAreaInsets } from "react-native-safe-area-context";
import { useWords } from "../i18n";
import { radius, space, themed, touch } from "../theme";
import { Icon } from "./Icon";
import { Check } from "./icons";
import { Text, type TextTone } from "./Text";
import { useCover } from "./Toasts";

const useStyles = themed((palette) => ({
  fill: { flex: 1, justifyContent: "flex-end" },
  shade: { position: "absolute", top: 0, right: 0, bottom: 0, left: 0, backgroundColor: palette.overlay },
  sheet: { maxHeight: "85%", backgroundColor: palette.raised, borderTopLeftRadius: radius.xl, borderTopRightRadius: radius.xl },
  grip: { alignSelf: "center", width: 36, height: 4, marginTop: space.s, borderRadius: 2, backgroundColor: palette.borderField },
  title: { paddingHorizontal: space.l, paddingTop: space.m, paddingBottom: space.xs },
  row: { flexDirection: "row", alignItems: "center", gap: space.m, minHeight: 52, paddingHorizontal: space.l, paddingVertical: space.s },
  pressed: { backgroundColor: palette.pressed },
  disabled: { opacity: 0.5 },
  label: { flex: 1, minWidth: touch },
}));

interface SheetProps {
  readonly title: string;
  readonly open: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** Choices that come up from the bottom edge, within the thumb's reach. */
export function Sheet({ title, open, onClose, children }: SheetProps) {
  const { t } = useWords();
  const styles = useStyles();
  const { bottom } = useSafeAreaInsets();
  useCover(open);
  return (
    <Modal visible={open} transparent animationType="fade" onRequestClose={onClose} statusBarTranslucent navigationBarTranslucent>
      <KeyboardAvoidingView behavior="padding" style={styles.fill}>
        <Pressable style={styles.shade} role="button" aria-label={t("common.close")} onPress={onClose} />
        <View style={styles.sheet} role="dialog" aria-label={title} aria-modal accessibilityViewIsModal>
          <View style={styles.grip} />
          <Text look="heading" role="heading" style={styles.title}>
            {title}
          </Text>
          <ScrollView keyboardShouldPersistTaps="handled" contentContainerStyle={{ paddingBottom: bottom + space.m }}>
            {children}
          </ScrollView>
        </View>
      </KeyboardAvoidingView>
    </Modal>
  );
}

interface SheetActionProps {
  readonly label: string;
  readonly icon?: LucideIcon;
  readonly onPress: () => void;
  readonly tone?: TextTone;
  /** For a choice among several: whether it is the present one. */
  readonly chosen?: boolean;
  readonly disabled?: boolean;
  readonly note?: string;
}

export function SheetAction({ label, icon, onPress, tone = "text", chosen, disabled = false, note }: SheetActionProps) {
  const styles = useStyles();
  return (
    <Pressable
      role={chosen === undefined ? "button" : "radio"}
      aria-label={label}
      {...(chosen === undefined ? {} : { "aria-checked": chosen })}
      aria-disabled={disabled}
      disabled={disabled}
      onPress={onPress}
      style={({ pressed }) => [styles.row, pressed && styles.pressed, disabled && styles.disabled]}
    >
      {icon !== undefined && <Icon of={icon} tone={tone === "text" ? "text2" : tone} />}
      <View style={styles.label}>
        <Text tone={tone}>{label}</Text>
        {note !== undefined && (
          <Text look="small" tone="text3">
            {note}
          </Text>
        )}
      </View>
      {chosen === true && <Icon of={Check} tone="accentText" />}
    </Pressable>
  );
}
