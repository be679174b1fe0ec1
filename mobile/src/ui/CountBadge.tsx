import { View } from "react-native";
import { radius, themed } from "../theme";
import { Text } from "./Text";

const useStyles = themed((palette) => ({
  badge: {
    minWidth: 22,
    minHeight: 22,
    paddingHorizontal: 6,
    alignItems: "center",
    justifyContent: "center",
    borderRadius: radius.full,
    backgroundColor: palette.accent,
  },
  highlight: { backgroundColor: palette.highlight },
  quiet: { backgroundColor: palette.pressed },
  dot: { width: 10, height: 10, borderRadius: 5, backgroundColor: palette.accent },
  words: { fontWeight: "700", color: palette.onAccent, fontSize: 12, lineHeight: 16 },
  highlightWords: { color: palette.onHighlight },
  quietWords: { color: palette.text2 },
}));

/** How much is new. The number is told by the label of what it stands on. */
export function CountBadge({ count, look = "accent" }: { readonly count: number; readonly look?: "accent" | "highlight" | "quiet" }) {
  const styles = useStyles();
  return (
    <View aria-hidden style={[styles.badge, look === "highlight" && styles.highlight, look === "quiet" && styles.quiet]}>
      <Text look="tiny" style={[styles.words, look === "highlight" && styles.highlightWords, look === "quiet" && styles.quietWords]}>
        {count > 99 ? "99+" : count}
      </Text>
    </View>
  );
}

export function Dot() {
  const styles = useStyles();
  return <View aria-hidden style={styles.dot} />;
}
