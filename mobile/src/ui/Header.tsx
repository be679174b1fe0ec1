import { useRouter } from "expo-router";
import type { ReactNode } from "react";
import { View } from "react-native";
import { useSafeAreaInsets } from "react-native-safe-area-context";
import { useWords } from "../i18n";
import { space, themed } from "../theme";
import { IconButton } from "./Button";
import { ArrowLeft, X } from "./icons";
import { Text } from "./Text";

const useStyles = themed((palette) => ({
  bar: { backgroundColor: palette.surface, borderBottomWidth: 1, borderBottomColor: palette.border },
  row: { flexDirection: "row", alignItems: "center", minHeight: 56, gap: space.xs, paddingHorizontal: space.xs },
  middle: { flex: 1, minWidth: 0, flexDirection: "row", alignItems: "center", gap: space.m, paddingVertical: space.xs },
  alone: { paddingLeft: space.m },
  words: { flex: 1, minWidth: 0 },
}));

interface HeaderProps {
  readonly title: string;
  readonly subtitle?: ReactNode;
  readonly leading?: ReactNode;
  readonly trailing?: ReactNode;
  /** How one leaves: pages go back, sheets are closed; the tabs' pages stay. */
  readonly leave?: "back" | "close" | null;
}

/** The bar on top of a page, below the phone's own status bar. */
export function Header({ title, subtitle = null, leading, trailing, leave = null }: HeaderProps) {
  const { t } = useWords();
  const styles = useStyles();
  const router = useRouter();
  const { top } = useSafeAreaInsets();
  const goBack = (): void => (router.canGoBack() ? router.back() : router.replace("/"));
  return (
    <View style={[styles.bar, { paddingTop: top }]}>
      <View style={styles.row}>
        {leave !== null && (
          <IconButton icon={leave === "back" ? ArrowLeft : X} label={t(leave === "back" ? "common.back" : "common.close")} onPress={goBack} />
        )}
        <View style={[styles.middle, leave === null && styles.alone]}>
          {leading}
          <View style={styles.words}>
            <Text look="heading" role="heading" aria-level={1} numberOfLines={1}>
              {title}
            </Text>
            {subtitle !== null && (
              <Text look="tiny" tone="text2" numberOfLines={1}>
                {subtitle}
              </Text>
            )}
          </View>
        </View>
        {trailing}
      </View>
    </View>
  );
}
