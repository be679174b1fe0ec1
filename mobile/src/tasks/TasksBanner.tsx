import { useRouter } from "expo-router";
import { View } from "react-native";
import { useWords } from "../i18n";
import { useClient, useObservable } from "../shell/client";
import { space } from "../theme";
import { Button } from "../ui/Button";
import { Notice } from "../ui/Notice";

/** Tells that the tasks service does not answer, and that a change of mine waits for me to decide. */
export function TasksBanner() {
  const { t } = useWords();
  const router = useRouter();
  const { tasks } = useClient();
  const service = useObservable(tasks.service);
  const attention = useObservable(tasks.outbox.attention);
  // Without a network the banner of the connection stands there already.
  const down = service.kind === "down" && service.reason === "unavailable";
  if (!down && attention === 0) return null;
  return (
    <View style={{ gap: space.s, paddingHorizontal: space.l, paddingTop: space.s }}>
      {down && <Notice tone="warning" text={t("tasks.down")} />}
      {attention > 0 && (
        <Notice tone="danger" text={t("tasks.attention", { count: attention })}>
          <Button label={t("tasks.decide")} onPress={() => router.push("/outbox")} />
        </Notice>
      )}
    </View>
  );
}
