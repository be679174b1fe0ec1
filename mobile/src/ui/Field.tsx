import { useState, type Ref } from "react";
import { TextInput, View, type TextInputProps } from "react-native";
import { useWords } from "../i18n";
import { radius, space, themed, touch, usePalette } from "../theme";
import { IconButton } from "./Button";
import { Eye, EyeOff } from "./icons";
import { Text, useScaled } from "./Text";

const useStyles = themed((palette) => ({
  field: { gap: 6 },
  box: {
    flexDirection: "row",
    alignItems: "center",
    minHeight: 48,
    borderWidth: 1,
    borderColor: palette.borderField,
    borderRadius: radius.m,
    backgroundColor: palette.field,
  },
  focused: { borderColor: palette.accent, boxShadow: `0 0 0 1px ${palette.accent}` },
  wrong: { borderColor: palette.danger },
  input: { flex: 1, minWidth: 0, minHeight: touch, paddingHorizontal: space.m, paddingVertical: space.s, color: palette.text, fontSize: 16, outlineStyle: "solid", outlineWidth: 0 },
}));

export interface FieldProps extends Omit<TextInputProps, "style" | "aria-label" | "placeholderTextColor"> {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly problem?: string | null | undefined;
  readonly secret?: boolean;
  readonly ref?: Ref<TextInput>;
}

/** A labelled line to write in. */
export function Field({ label, hint, problem = null, secret = false, onFocus, onBlur, ...rest }: FieldProps) {
  const { t } = useWords();
  const palette = usePalette();
  const styles = useStyles();
  const scaled = useScaled();
  const [focused, setFocused] = useState(false);
  const [shown, setShown] = useState(false);
  return (
    <View style={styles.field}>
      <Text look="label" aria-hidden>
        {label}
      </Text>
      <View style={[styles.box, focused && styles.focused, problem !== null && styles.wrong]}>
        <TextInput
          {...rest}
          aria-label={label}
          {...(problem === null ? {} : { "aria-invalid": true })}
          secureTextEntry={secret && !shown}
          placeholderTextColor={palette.text3}
          selectionColor={palette.accent}
          style={[styles.input, scaled({ fontSize: 16 })]}
          onFocus={(event) => {
            setFocused(true);
            onFocus?.(event);
          }}
          onBlur={(event) => {
            setFocused(false);
            onBlur?.(event);
          }}
        />
        {secret && (
          <IconButton
            icon={shown ? EyeOff : Eye}
            label={t(shown ? "common.hidePassword" : "common.showPassword")}
            onPress={() => setShown(!shown)}
          />
        )}
      </View>
      {problem !== null ? (
        <Text look="small" tone="dangerText" role="alert">
          {problem}
        </Text>
      ) : (
        hint !== undefined && (
          <Text look="small" tone="text3">
            {hint}
          </Text>
        )
      )}
    </View>
  );
}
