import type { LucideIcon } from "lucide-react-native";
import { ActivityIndicator, Pressable, View } from "react-native";
import { radius, space, themed, touch, usePalette } from "../theme";
import { Icon } from "./Icon";
import { Text, type TextTone } from "./Text";

const useStyles = themed((palette) => ({
  button: {
    flexDirection: "row",
    alignItems: "center",
    justifyContent: "center",
    gap: space.s,
    minHeight: touch,
    paddingHorizontal: space.l,
    paddingVertical: space.s,
    borderRadius: radius.m,
    borderWidth: 1,
    borderColor: "transparent",
  },
  primary: { backgroundColor: palette.accent },
  secondary: { backgroundColor: palette.raised, borderColor: palette.borderField },
  danger: { backgroundColor: palette.danger },
  ghost: {},
  pressed: { opacity: 0.75 },
  disabled: { opacity: 0.5 },
  words: { flexShrink: 1, textAlign: "center" },
  icon: { width: touch, height: touch, alignItems: "center", justifyContent: "center", borderRadius: radius.full },
  iconPressed: { backgroundColor: palette.pressed },
  iconFilled: { backgroundColor: palette.accent },
}));

type Look = "primary" | "secondary" | "danger" | "ghost";

const tones: Readonly<Record<Look, TextTone>> = { primary: "onAccent", secondary: "text", danger: "onDanger", ghost: "accentText" };

export interface ButtonProps {
  readonly label: string;
  readonly onPress: () => void;
  readonly look?: Look;
  readonly icon?: LucideIcon;
  readonly busy?: boolean;
  readonly disabled?: boolean;
  readonly grow?: boolean;
  /** Of a button that stays pressed: one of several choices. */
  readonly chosen?: boolean;
}

export function Button({ label, onPress, look = "secondary", icon, busy = false, disabled = false, grow = false, chosen }: ButtonProps) {
  const styles = useStyles();
  const palette = usePalette();
  return (
    <Pressable
      role="button"
      aria-label={label}
      aria-pressed={chosen}
      aria-busy={busy}
      aria-disabled={disabled || busy}
      disabled={disabled || busy}
      onPress={onPress}
      style={({ pressed }) => [styles.button, styles[look], grow && { flex: 1 }, pressed && styles.pressed, disabled && styles.disabled]}
    >
      {busy && <ActivityIndicator size="small" color={palette[tones[look]]} />}
      {icon !== undefined && !busy && <Icon of={icon} size={18} tone={tones[look]} />}
      <Text look="label" tone={tones[look]} style={styles.words}>
        {label}
      </Text>
    </Pressable>
  );
}

export interface IconButtonProps {
  readonly icon: LucideIcon;
  readonly label: string;
  readonly onPress: () => void;
  readonly tone?: TextTone;
  readonly filled?: boolean;
  readonly disabled?: boolean;
}

/** A button that is only a drawing: its label is for those who hear the screen. */
export function IconButton({ icon, label, onPress, tone = "text2", filled = false, disabled = false }: IconButtonProps) {
  const styles = useStyles();
  return (
    <Pressable
      role="button"
      aria-label={label}
      aria-disabled={disabled}
      disabled={disabled}
      onPress={onPress}
      style={({ pressed }) => [styles.icon, filled && styles.iconFilled, pressed && (filled ? styles.pressed : styles.iconPressed), disabled && styles.disabled]}
    >
      <View>
        <Icon of={icon} tone={filled ? "onAccent" : tone} />
      </View>
    </Pressable>
  );
}
