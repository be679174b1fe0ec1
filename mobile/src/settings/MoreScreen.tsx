import { localpartOf } from "@team/core";
import type { LucideIcon } from "lucide-react-native";
import { useRouter } from "expo-router";
import { useState } from "react";
import { Pressable, ScrollView, View } from "react-native";
import { useClient, useObservable } from "../shell/client";
import { usePreferences } from "../shell/preferences";
import { useUnsent } from "../shell/useUnsent";
import { LeaveSheet } from "../session/LeaveSheet";
import { useWords } from "../i18n";
import { space, themed } from "../theme";
import { Avatar } from "../ui/Avatar";
import { CountBadge } from "../ui/CountBadge";
import { Header } from "../ui/Header";
import { Icon } from "../ui/Icon";
import { ChevronRight, Clock, Languages, LogOut, SunMoon } from "../ui/icons";
import { Page } from "../ui/Page";
import { Sheet, SheetAction } from "../ui/Sheet";
import { Text, type TextTone } from "../ui/Text";

const useStyles = themed((palette) => ({
  me: { flexDirection: "row", alignItems: "center", gap: space.l, padding: space.l },
  meWords: { flex: 1, minWidth: 0 },
  row: { flexDirection: "row", alignItems: "center", gap: space.l, minHeight: 56, paddingHorizontal: space.l, paddingVertical: space.s },
  pressed: { backgroundColor: palette.pressed },
  words: { flex: 1, minWidth: 0 },
  rule: { height: 8, backgroundColor: palette.sunken },
}));

const THEMES = { system: "phone.asSystem", light: "settings.themeLight", dark: "settings.themeDark" } as const;
const LANGUAGES = { system: null, en: "English", ru: "Русский" } as const;

/** Myself, how the app looks, what waits to be sent, and the way out. */
export function MoreScreen() {
  const { t } = useWords();
  const styles = useStyles();
  const router = useRouter();
  const client = useClient();
  const profile = useObservable(client.session.profile);
  const session = useObservable(client.session.state);
  const { values, change } = usePreferences();
  const { waiting, failed, undecided } = useUnsent();
  const unsent = waiting + failed + undecided.length;
  const [open, setOpen] = useState<"theme" | "language" | "leave" | null>(null);
  const close = (): void => setOpen(null);
  const userId = "session" in session ? session.session.userId : "";
  const name = profile?.displayName ?? localpartOf(userId);
  return (
    <Page header={<Header title={t("phone.more")} />} toEdge={false}>
      <ScrollView>
        <View style={styles.me}>
          <Avatar id={userId} name={name} mxc={profile?.avatar ?? null} size={56} />
          <View style={styles.meWords}>
            <Text look="heading" numberOfLines={2}>
              {name}
            </Text>
            <Text look="small" tone="text2" numberOfLines={2}>
              {userId}
            </Text>
          </View>
        </View>
        <View style={styles.rule} />
        <Line icon={Clock} label={t("phone.outbox")} count={unsent} onPress={() => router.push("/outbox")} />
        <View style={styles.rule} />
        <Line icon={SunMoon} label={t("settings.theme")} value={t(THEMES[values.theme])} onPress={() => setOpen("theme")} />
        <Line icon={Languages} label={t("settings.language")} value={LANGUAGES[values.language] ?? t("phone.asSystem")} onPress={() => setOpen("language")} />
        <View style={styles.rule} />
        <Line icon={LogOut} label={t("session.logOut")} tone="dangerText" onPress={() => setOpen("leave")} />
      </ScrollView>
      <Sheet title={t("settings.theme")} open={open === "theme"} onClose={close}>
        {(["system", "light", "dark"] as const).map((theme) => (
          <SheetAction key={theme} label={t(THEMES[theme])} chosen={values.theme === theme} onPress={() => (close(), change({ theme }))} />
        ))}
      </Sheet>
      <Sheet title={t("settings.language")} open={open === "language"} onClose={close}>
        {(["system", "en", "ru"] as const).map((language) => (
          <SheetAction
            key={language}
            label={LANGUAGES[language] ?? t("phone.asSystem")}
            chosen={values.language === language}
            onPress={() => (close(), change({ language }))}
          />
        ))}
      </Sheet>
      <LeaveSheet client={client} open={open === "leave"} onClose={close} lost={unsent > 0 ? t("phone.lost", { count: unsent }) : null} />
    </Page>
  );
}

interface LineProps {
  readonly icon: LucideIcon;
  readonly label: string;
  readonly value?: string;
  readonly count?: number;
  readonly tone?: TextTone;
  readonly onPress: () => void;
}

function Line({ icon, label, value, count = 0, tone = "text", onPress }: LineProps) {
  const styles = useStyles();
  return (
    <Pressable
      role="button"
      aria-label={[label, value, count > 0 ? String(count) : undefined].filter((part) => part !== undefined).join(", ")}
      onPress={onPress}
      style={({ pressed }) => [styles.row, pressed && styles.pressed]}
    >
      <Icon of={icon} tone={tone === "text" ? "text2" : tone} />
      <View style={styles.words}>
        <Text tone={tone}>{label}</Text>
        {value !== undefined && (
          <Text look="small" tone="text3">
            {value}
          </Text>
        )}
      </View>
      {count > 0 && <CountBadge count={count} />}
      {tone === "text" && <Icon of={ChevronRight} size={18} tone="text3" />}
    </Pressable>
  );
}
