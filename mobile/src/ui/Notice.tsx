import type { ReactNode } from "react";
import { View } from "react-native";
import { radius, space, themed } from "../theme";
import { Text } from "./Text";

const useStyles = themed((palette) => ({
  notice: { gap: space.s, padding: space.m, borderRadius: radius.m },
  info: { backgroundColor: palette.accentSoft },
  warning: { backgroundColor: palette.warningSoft },
  danger: { backgroundColor: palette.dangerSoft },
}));

const tones = { info: "accentText", warning: "warningText", danger: "dangerText" } as const;

/** Something worth knowing, beside what it is about. `children`: what one can do. */
export function Notice({ text, tone = "info", children }: { readonly text: string; readonly tone?: keyof typeof tones; readonly children?: ReactNode }) {
  const styles = useStyles();
  return (
    <View style={[styles.notice, styles[tone]]}>
      <Text look="small" tone={tones[tone]} role="alert">
        {text}
      </Text>
      {children}
    </View>
  );
}
