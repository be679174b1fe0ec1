import { useState } from "react";
import { View } from "react-native";
import { useWords } from "../i18n";
import { space } from "../theme";
import { Button } from "../ui/Button";
import { Field } from "../ui/Field";
import { Sheet } from "../ui/Sheet";

interface ReasonSheetProps {
  readonly title: string;
  readonly action: string;
  readonly open: boolean;
  readonly onClose: () => void;
  readonly onReason: (reason: string) => void;
}

/** Asks why, before something that others want to understand. */
export function ReasonSheet({ title, action, open, onClose, onReason }: ReasonSheetProps) {
  const { t } = useWords();
  const [reason, setReason] = useState("");
  const done = (): void => {
    if (reason.trim() === "") return;
    onClose();
    onReason(reason.trim());
    setReason("");
  };
  return (
    <Sheet title={title} open={open} onClose={onClose}>
      <View style={{ gap: space.l, padding: space.l }}>
        <Field label={t("tasks.reason")} value={reason} onChangeText={setReason} maxLength={1000} autoFocus returnKeyType="done" onSubmitEditing={done} />
        <View style={{ flexDirection: "row", gap: space.m }}>
          <Button grow label={t("common.cancel")} onPress={onClose} />
          <Button grow look="primary" label={action} disabled={reason.trim() === ""} onPress={done} />
        </View>
      </View>
    </Sheet>
  );
}
