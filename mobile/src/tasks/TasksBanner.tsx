import { View } from "react-native";
import { useWords } from "../i18n";
import { useClient, useObservable } from "../shell/client";
import { space } from "../theme";
import { Notice } from "../ui/Notice";

/** Tells that the tasks service does not answer. */
export function TasksBanner() {
  const { t } = useWords();
  const service = useObservable(useClient().tasks.service);
  // Without a network the banner of the connection stands there already.
  if (service.kind !== "down" || service.reason !== "unavailable") return null;
  return (
    <View style={{ paddingHorizontal: space.l, paddingTop: space.s }}>
      <Notice tone="warning" text={t("tasks.down")} />
    </View>
  );
}
