import { StyleSheet, Text as NativeText, type TextProps as NativeTextProps, type TextStyle } from "react-native";
import { useTextScale } from "../platform/textScale";
import { usePalette, type Palette } from "../theme";

export type TextLook = "body" | "strong" | "small" | "tiny" | "title" | "heading" | "label";
export type TextTone = "text" | "text2" | "text3" | "accentText" | "dangerText" | "warningText" | "onAccent" | "onDanger" | "link";

const looks: Readonly<Record<TextLook, TextStyle & { readonly fontSize: number; readonly lineHeight: number }>> = {
  body: { fontSize: 16, lineHeight: 22 },
  strong: { fontSize: 16, lineHeight: 22, fontWeight: "600" },
  label: { fontSize: 14, lineHeight: 19, fontWeight: "600" },
  small: { fontSize: 14, lineHeight: 19 },
  tiny: { fontSize: 12, lineHeight: 16 },
  heading: { fontSize: 18, lineHeight: 24, fontWeight: "700", letterSpacing: -0.2 },
  title: { fontSize: 24, lineHeight: 30, fontWeight: "700", letterSpacing: -0.4 },
};

export interface TextProps extends NativeTextProps {
  readonly look?: TextLook;
  readonly tone?: TextTone;
}

/** All text of the app: it grows with the size that the person has chosen in the system. */
export function Text({ look = "body", tone = "text", style, ...rest }: TextProps) {
  const palette = usePalette();
  const scaled = useScaled();
  return <NativeText {...rest} style={[scaled({ ...looks[look], color: palette[tone] }), style === undefined ? null : scaled(style)]} />;
}

/** Text within text: takes over everything that `style` does not name. */
export function Span({ tone, style, ...rest }: NativeTextProps & { readonly tone?: TextTone }) {
  const palette: Palette = usePalette();
  const scaled = useScaled();
  return <NativeText {...rest} style={[tone === undefined ? null : { color: palette[tone] }, style === undefined ? null : scaled(style)]} />;
}

/** Applies the person's text size where React Native does not do so itself. */
export function useScaled(): (style: NativeTextProps["style"]) => TextStyle {
  const scale = useTextScale();
  return (style) => {
    const flat = StyleSheet.flatten(style);
    if (scale === 1) return flat;
    const { fontSize, lineHeight } = flat;
    return {
      ...flat,
      ...(fontSize === undefined ? {} : { fontSize: fontSize * scale }),
      ...(lineHeight === undefined ? {} : { lineHeight: lineHeight * scale }),
    };
  };
}
