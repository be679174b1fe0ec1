import { getLocales } from "expo-localization";
import { View } from "react-native";
import { wordsIn } from "../i18n";
import { preferredLanguage } from "../i18n/translate";
import { ThemeProvider, space } from "../theme";
import { Button } from "../ui/Button";
import { Text } from "../ui/Text";

/** The database did not open (a full disk, another copy of the app): nothing can be shown, and nothing is lost. */
export function BrokenData({ onRetry }: { readonly onRetry: () => void }) {
  const { t } = wordsIn(preferredLanguage(getLocales().map((locale) => locale.languageTag)));
  return (
    <ThemeProvider theme="light">
      <View style={{ flex: 1, alignItems: "center", justifyContent: "center", gap: space.l, padding: space.xxl }}>
        <Text style={{ textAlign: "center" }}>{t("phone.broken")}</Text>
        <Button look="primary" label={t("common.retry")} onPress={onRetry} />
      </View>
    </ThemeProvider>
  );
}
