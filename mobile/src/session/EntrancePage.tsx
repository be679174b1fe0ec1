import type { ReactNode } from "react";
import { KeyboardAvoidingView, ScrollView, View } from "react-native";
import { useSafeAreaInsets } from "react-native-safe-area-context";
import { radius, space, themed } from "../theme";
import { Logo } from "../ui/Logo";
import { Text } from "../ui/Text";
import { useWords } from "../i18n";

const useStyles = themed((palette) => ({
  page: { flex: 1, backgroundColor: palette.sunken },
  scroll: { flexGrow: 1, justifyContent: "center", gap: space.xl, padding: space.l },
  brand: { flexDirection: "row", alignItems: "center", justifyContent: "center", gap: space.m },
  card: {
    gap: space.l,
    width: "100%",
    maxWidth: 440,
    alignSelf: "center",
    padding: space.xl,
    borderRadius: radius.xl,
    borderWidth: 1,
    borderColor: palette.border,
    backgroundColor: palette.raised,
  },
  words: { gap: 6 },
  below: { alignItems: "center", gap: space.s },
}));

interface EntrancePageProps {
  readonly title: string;
  readonly text?: string;
  readonly children: ReactNode;
  /** Below the card. */
  readonly below?: ReactNode;
}

/** What one sees before one is in. */
export function EntrancePage({ title, text, children, below }: EntrancePageProps) {
  const { t } = useWords();
  const styles = useStyles();
  const { top, bottom } = useSafeAreaInsets();
  return (
    <KeyboardAvoidingView behavior="padding" style={styles.page}>
      <ScrollView keyboardShouldPersistTaps="handled" contentContainerStyle={[styles.scroll, { paddingTop: top + space.l, paddingBottom: bottom + space.l }]}>
        <View style={styles.brand}>
          <Logo size={36} />
          <Text look="heading">{t("common.appName")}</Text>
        </View>
        <View style={styles.card}>
          <View style={styles.words}>
            <Text look="title" role="heading" aria-level={1}>
              {title}
            </Text>
            {text !== undefined && <Text tone="text2">{text}</Text>}
          </View>
          {children}
        </View>
        {below !== undefined && <View style={styles.below}>{below}</View>}
      </ScrollView>
    </KeyboardAvoidingView>
  );
}
