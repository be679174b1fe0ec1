import { useRouter } from "expo-router";
import { useWords } from "../i18n";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { Header } from "../ui/Header";
import { MessageCircle } from "../ui/icons";
import { Page } from "../ui/Page";

/** An address that leads nowhere. */
export function NotFoundScreen() {
  const { t } = useWords();
  const router = useRouter();
  return (
    <Page header={<Header title={t("common.appName")} />}>
      <EmptyState icon={MessageCircle} title={t("phone.page")}>
        <Button label={t("phone.toChats")} onPress={() => router.replace("/")} />
      </EmptyState>
    </Page>
  );
}
