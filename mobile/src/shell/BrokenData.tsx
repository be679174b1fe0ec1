import { getLocales } from "expo-localization";
import { View } from "react-native";
import { wordsIn } from "../i18n";
import { preferredLanguage } from "../i18n/translate";
import { space, themed, ThemeProvider } from "../theme";
import { Button } from "../ui/Button";
import { Text } from "../ui/Text";

const useStyles = themed((palette) => ({
  page: { flex: 1, alignItems: "center", justifyContent: "center", gap: space.l, padding: space.xxl, backgroundColor: palette.surface },
  words: { textAlign: "center" },
}));

/** The database did not open (a full disk, another copy of the app): nothing can be shown, and nothing is lost. */
export function BrokenData({ onRetry }: { readonly onRetry: () => void }) {
  // What the person has chosen lies in the database: the phone's own theme and language have to do.
  return (
    <ThemeProvider theme="system">
      <Broken onRetry={onRetry} />
    </ThemeProvider>
  );
}

function Broken({ onRetry }: { readonly onRetry: () => void }) {
  const { t } = wordsIn(preferredLanguage(getLocales().map((locale) => locale.languageTag)));
  const styles = useStyles();
  return (
    <View style={styles.page}>
      <Text style={styles.words}>{t("phone.broken")}</Text>
      <Button look="primary" label={t("common.retry")} onPress={onRetry} />
    </View>
  );
}
