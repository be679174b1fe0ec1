import type { LucideIcon } from "lucide-react-native";
import type { ReactNode } from "react";
import { View } from "react-native";
import { radius, space, themed } from "../theme";
import { Icon } from "./Icon";
import { Text } from "./Text";

const useStyles = themed((palette) => ({
  state: { flexGrow: 1, alignItems: "center", justifyContent: "center", gap: space.m, padding: space.xxl },
  round: { padding: space.l, borderRadius: radius.full, backgroundColor: palette.accentSoft },
  words: { textAlign: "center", maxWidth: 320 },
}));

/** What stands where there is nothing yet. */
export function EmptyState({ icon, title, text, children }: { readonly icon: LucideIcon; readonly title: string; readonly text?: string; readonly children?: ReactNode }) {
  const styles = useStyles();
  return (
    <View style={styles.state}>
      <View style={styles.round}>
        <Icon of={icon} size={28} tone="accentText" />
      </View>
      <Text look="heading" style={styles.words}>
        {title}
      </Text>
      {text !== undefined && (
        <Text tone="text2" style={styles.words}>
          {text}
        </Text>
      )}
      {children}
    </View>
  );
}
