import type { RoomSummary } from "@team/core";
import { useRouter } from "expo-router";
import { useCallback, useMemo, useState } from "react";
import { ActivityIndicator, FlatList, TextInput, View } from "react-native";
import { useClient, useObservable } from "../shell/client";
import { usePullToRefresh } from "../shell/usePullToRefresh";
import { useWords } from "../i18n";
import { radius, space, themed, touch, usePalette } from "../theme";
import { IconButton } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { Header } from "../ui/Header";
import { Icon } from "../ui/Icon";
import { MessageCircle, Search, X } from "../ui/icons";
import { Page } from "../ui/Page";
import { Text, useScaled } from "../ui/Text";
import { RoomRow } from "./RoomRow";
import { filterRooms } from "./search";

const useStyles = themed((palette) => ({
  search: {
    flexDirection: "row",
    alignItems: "center",
    gap: space.s,
    minHeight: touch,
    marginHorizontal: space.l,
    marginVertical: space.s,
    paddingLeft: space.m,
    borderRadius: radius.m,
    borderWidth: 1,
    borderColor: "transparent",
    backgroundColor: palette.sunken,
  },
  searching: { borderColor: palette.accent },
  input: { flex: 1, minWidth: 0, minHeight: touch, color: palette.text, outlineStyle: "solid", outlineWidth: 0 },
  list: { flexGrow: 1, paddingBottom: space.l },
  loading: { flexGrow: 1, alignItems: "center", justifyContent: "center", gap: space.m, padding: space.xxl },
}));

/** All conversations, those with news first; invitations above them. */
export function RoomsScreen() {
  const { t, roomName } = useWords();
  const styles = useStyles();
  const client = useClient();
  const router = useRouter();
  const list = useObservable(client.rooms.list);
  const sync = useObservable(client.sync.state);
  const pull = usePullToRefresh();
  const [query, setQuery] = useState("");
  const rooms = useMemo(() => {
    const all = [...list.invites, ...list.joined.filter((room) => room.kind === "room"), ...list.knocks];
    return filterRooms(all, query, roomName);
  }, [list, query, roomName]);
  const open = useCallback((room: RoomSummary) => router.push({ pathname: "/room/[id]", params: { id: room.roomId } }), [router]);
  const first = sync.kind === "catchingUp" && sync.initial;
  return (
    <Page header={<Header title={t("phone.chats")} />} toEdge={false}>
      <FlatList
        data={rooms}
        keyExtractor={(room) => room.roomId}
        renderItem={({ item }) => <RoomRow room={item} onOpen={open} />}
        role="list"
        aria-label={t("rooms.nav")}
        contentContainerStyle={styles.list}
        keyboardShouldPersistTaps="handled"
        keyboardDismissMode="on-drag"
        initialNumToRender={14}
        refreshControl={pull}
        ListHeaderComponent={<SearchField query={query} onChange={setQuery} />}
        ListEmptyComponent={
          !list.loaded || first ? (
            <Loading />
          ) : query === "" ? (
            <EmptyState icon={MessageCircle} title={t("rooms.emptyTitle")} text={t("phone.roomsEmpty")} />
          ) : (
            <EmptyState icon={Search} title={t("rooms.noneFound", { query })} />
          )
        }
      />
    </Page>
  );
}

function Loading() {
  const { t } = useWords();
  const styles = useStyles();
  const palette = usePalette();
  return (
    <View style={styles.loading} role="status">
      <ActivityIndicator color={palette.accent} />
      <Text tone="text2">{t("phone.settingUp")}</Text>
    </View>
  );
}

function SearchField({ query, onChange }: { readonly query: string; readonly onChange: (query: string) => void }) {
  const { t } = useWords();
  const styles = useStyles();
  const palette = usePalette();
  const scaled = useScaled();
  const [focused, setFocused] = useState(false);
  return (
    <View style={[styles.search, focused && styles.searching]}>
      <Icon of={Search} size={18} tone="text2" />
      <TextInput
        aria-label={t("phone.findChat")}
        placeholder={t("phone.findChat")}
        placeholderTextColor={palette.text2}
        selectionColor={palette.accent}
        autoCorrect={false}
        value={query}
        onChangeText={onChange}
        onFocus={() => setFocused(true)}
        onBlur={() => setFocused(false)}
        style={[styles.input, scaled({ fontSize: 16 })]}
      />
      {query !== "" && <IconButton icon={X} label={t("phone.clearSearch")} onPress={() => onChange("")} />}
    </View>
  );
}
