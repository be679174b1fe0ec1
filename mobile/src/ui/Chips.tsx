import { Pressable, View } from "react-native";
import { radius, space, themed, touch } from "../theme";
import { Text } from "./Text";

const useStyles = themed((palette) => ({
  group: { gap: space.s },
  chips: { flexDirection: "row", flexWrap: "wrap", gap: space.s },
  chip: { minHeight: touch, justifyContent: "center", paddingHorizontal: space.l, borderRadius: radius.full, borderWidth: 1, borderColor: palette.borderField },
  chosen: { backgroundColor: palette.accentSoft, borderColor: palette.accent },
}));

interface ChipsProps<Value extends string> {
  readonly label: string;
  readonly choices: readonly { readonly value: Value; readonly label: string }[];
  readonly value: Value;
  readonly onChange: (value: Value) => void;
}

/** One of a few, all in view. */
export function Chips<Value extends string>({ label, choices, value, onChange }: ChipsProps<Value>) {
  const styles = useStyles();
  return (
    <View role="radiogroup" aria-label={label} style={styles.group}>
      <Text look="label" aria-hidden>
        {label}
      </Text>
      <View style={styles.chips}>
        {choices.map((choice) => {
          const chosen = choice.value === value;
          return (
            <Pressable key={choice.value} role="radio" aria-label={choice.label} aria-checked={chosen} onPress={() => onChange(choice.value)} style={[styles.chip, chosen && styles.chosen]}>
              <Text look="label" tone={chosen ? "accentText" : "text2"}>
                {choice.label}
              </Text>
            </Pressable>
          );
        })}
      </View>
    </View>
  );
}
