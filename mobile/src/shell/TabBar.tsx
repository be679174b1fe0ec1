import type { LucideIcon } from "lucide-react-native";
import type { ComponentProps } from "react";
import { Pressable, View } from "react-native";
import type { Tabs } from "expo-router/js-tabs";
import { useSafeAreaInsets } from "react-native-safe-area-context";
import { useWords } from "../i18n";
import type { Phrase } from "../i18n/translate";
import { space, themed } from "../theme";
import { useTasksPresent } from "../tasks/hooks";
import { CountBadge } from "../ui/CountBadge";
import { Icon } from "../ui/Icon";
import { CircleUser, ListChecks, MessageCircle } from "../ui/icons";
import { Text } from "../ui/Text";
import { useClient, useObservable } from "./client";
import { useUnsent } from "./useUnsent";

const useStyles = themed((palette) => ({
  bar: { flexDirection: "row", backgroundColor: palette.surface, borderTopWidth: 1, borderTopColor: palette.border },
  tab: { flex: 1, alignItems: "center", justifyContent: "center", gap: 2, minHeight: 56, paddingVertical: space.xs },
  badge: { position: "absolute", left: "50%", top: 0, marginLeft: 8 },
  words: { fontWeight: "600" },
}));

const TABS: Readonly<Record<string, { readonly label: Phrase; readonly icon: LucideIcon }>> = {
  index: { label: "phone.chats", icon: MessageCircle },
  tasks: { label: "phone.tasks", icon: ListChecks },
  more: { label: "phone.more", icon: CircleUser },
};

type TabBarProps = Parameters<NonNullable<ComponentProps<typeof Tabs>["tabBar"]>>[0];

/** Where one is, and how much is new elsewhere. */
export function TabBar({ state, navigation }: TabBarProps) {
  const { t } = useWords();
  const styles = useStyles();
  const { bottom } = useSafeAreaInsets();
  const client = useClient();
  const badge = useObservable(client.rooms.badge);
  const mine = useObservable(client.tasks.mine);
  const tasks = useTasksPresent();
  const { failed, undecided } = useUnsent();
  const counts: Readonly<Record<string, number>> = { index: badge.unreadCount + badge.inviteCount, tasks: mine.requests.length + mine.overdue.length + mine.today.length, more: failed + undecided.length };
  return (
    <View role="tablist" style={[styles.bar, { paddingBottom: bottom }]}>
      {state.routes.map((route, at) => {
        const tab = TABS[route.name];
        if (tab === undefined || (route.name === "tasks" && !tasks)) return null;
        const selected = state.index === at;
        const count = counts[route.name] ?? 0;
        const label = t(tab.label);
        return (
          <Pressable
            key={route.key}
            role="tab"
            aria-label={count > 0 ? `${label}, ${count}` : label}
            aria-selected={selected}
            style={styles.tab}
            onPress={() => navigation.navigate(route.name)}
          >
            <View>
              <Icon of={tab.icon} tone={selected ? "accentText" : "text2"} />
              {count > 0 && (
                <View style={styles.badge}>
                  <CountBadge count={count} look={badge.highlightCount > 0 && route.name === "index" ? "highlight" : "accent"} />
                </View>
              )}
            </View>
            <Text look="tiny" tone={selected ? "accentText" : "text2"} style={styles.words} numberOfLines={1}>
              {label}
            </Text>
          </Pressable>
        );
      })}
    </View>
  );
}
