import { may, op, type TaskView } from "@team/core";
import { useState } from "react";
import { View } from "react-native";
import { useWords } from "../i18n";
import { useClient } from "../shell/client";
import { space } from "../theme";
import { Button } from "../ui/Button";
import { ReasonSheet } from "./ReasonSheet";

/** Accept or decline, for whom it is asked. */
export function RequestAnswer({ task }: { readonly task: TaskView }) {
  const { t } = useWords();
  const { tasks } = useClient();
  const [declining, setDeclining] = useState(false);
  if (!may(task, "accept") && !may(task, "decline")) return null;
  return (
    <View style={{ flexDirection: "row", flexWrap: "wrap", gap: space.m }}>
      {may(task, "decline") && <Button label={t("tasks.decline")} onPress={() => setDeclining(true)} />}
      {may(task, "accept") && <Button look="primary" label={t("tasks.accept")} onPress={() => void tasks.run(task.id, [op.accept()])} />}
      <ReasonSheet
        title={t("tasks.declineTitle")}
        action={t("tasks.decline")}
        open={declining}
        onClose={() => setDeclining(false)}
        onReason={(reason) => void tasks.run(task.id, [op.decline(reason)])}
      />
    </View>
  );
}
