import type { Client } from "@team/core";
import { useState } from "react";
import { ActivityIndicator, View } from "react-native";
import { useWords } from "../i18n";
import { space, usePalette } from "../theme";
import { LogOut, X } from "../ui/icons";
import { Notice } from "../ui/Notice";
import { Sheet, SheetAction } from "../ui/Sheet";
import { Text } from "../ui/Text";

interface LeaveSheetProps {
  readonly client: Client;
  readonly open: boolean;
  readonly onClose: () => void;
  /** What would be lost, as a sentence; null: nothing. */
  readonly lost: string | null;
}

/** Asks before everything on this phone is forgotten. */
export function LeaveSheet({ client, open, onClose, lost }: LeaveSheetProps) {
  const { t } = useWords();
  const palette = usePalette();
  const [leaving, setLeaving] = useState(false);
  const leave = (): void => {
    setLeaving(true);
    void client.session.logout();
  };
  return (
    <Sheet title={t("session.logOutTitle")} open={open} onClose={onClose}>
      <View style={{ gap: space.m, paddingHorizontal: space.l, paddingVertical: space.s }}>
        <Text tone="text2">{t("session.logOutText")}</Text>
        {lost !== null && <Notice tone="danger" text={lost} />}
      </View>
      {leaving ? (
        // The server is told, as far as it answers: that takes a few seconds at most.
        <ActivityIndicator style={{ minHeight: 104 }} color={palette.accent} aria-label={t("common.loading")} />
      ) : (
        <>
          <SheetAction icon={LogOut} tone="dangerText" label={t("session.logOut")} onPress={leave} />
          <SheetAction icon={X} label={t("common.cancel")} onPress={onClose} />
        </>
      )}
    </Sheet>
  );
}
