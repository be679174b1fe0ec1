import type { QueuedSend } from "@team/core";
import { FlatList, View } from "react-native";
import { useClient, useObservable } from "../shell/client";
import { usePullToRefresh } from "../shell/usePullToRefresh";
import { useUnsent } from "../shell/useUnsent";
import { useWords } from "../i18n";
import type { Phrase } from "../i18n/translate";
import { space, themed } from "../theme";
import { Button, IconButton } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { Header } from "../ui/Header";
import { Icon } from "../ui/Icon";
import { Check, Clock, RotateCw, Trash, TriangleAlert } from "../ui/icons";
import { Page } from "../ui/Page";
import { Text } from "../ui/Text";

const useStyles = themed((palette) => ({
  list: { flexGrow: 1 },
  row: { flexDirection: "row", alignItems: "center", gap: space.m, minHeight: 64, paddingLeft: space.l, paddingRight: space.xs, paddingVertical: space.s, borderBottomWidth: 1, borderBottomColor: palette.border },
  words: { flex: 1, minWidth: 0, gap: 2 },
  all: { padding: space.l },
}));

const KINDS: Readonly<Record<QueuedSend["kind"], Phrase>> = {
  message: "phone.outboxMessage",
  media: "phone.outboxMedia",
  edit: "phone.outboxEdit",
  reaction: "phone.outboxReaction",
  redaction: "phone.outboxRedaction",
  event: "phone.outboxEvent",
  receipt: "phone.outboxEvent",
};

/** What waits to be sent, and what could not be. */
export function OutboxScreen() {
  const { t } = useWords();
  const client = useClient();
  const styles = useStyles();
  const { entries, failed } = useUnsent();
  const pull = usePullToRefresh();
  return (
    <Page header={<Header leave="back" title={t("phone.outbox")} />}>
      <FlatList
        data={entries}
        keyExtractor={(entry) => entry.txnId}
        renderItem={({ item }) => <Entry entry={item} />}
        role="list"
        aria-label={t("phone.outbox")}
        contentContainerStyle={styles.list}
        refreshControl={pull}
        ListEmptyComponent={<EmptyState icon={Check} title={t("phone.outboxEmpty")} text={t("phone.outboxEmptyText")} />}
        ListFooterComponent={
          failed > 1 ? (
            <View style={styles.all}>
              <Button icon={RotateCw} label={t("phone.retryAll")} onPress={() => void client.sendQueue.retryAll()} />
            </View>
          ) : null
        }
      />
    </Page>
  );
}

function Entry({ entry }: { readonly entry: QueuedSend }) {
  const { t, roomName, error } = useWords();
  const client = useClient();
  const styles = useStyles();
  const room = client.rooms.room(entry.roomId);
  const summary = useObservable(room.summary);
  const text = useQueuedText(entry);
  const failed = entry.state === "failed";
  const state = failed ? (entry.error === null ? t("phone.failed") : error(entry.error)) : t(entry.state === "sending" ? "phone.sending" : "phone.waiting");
  return (
    <View style={styles.row} role="listitem">
      <Icon of={failed ? TriangleAlert : Clock} tone={failed ? "dangerText" : "text3"} />
      <View style={styles.words}>
        <Text numberOfLines={2}>{text ?? t(KINDS[entry.kind])}</Text>
        <Text look="small" tone={failed ? "dangerText" : "text3"}>
          {[state, summary === null ? null : t("phone.outboxIn", { room: roomName(summary.name) })].filter((part) => part !== null).join(" · ")}
        </Text>
      </View>
      {failed && entry.retryable && <IconButton icon={RotateCw} label={t("timeline.retry")} onPress={() => void client.sendQueue.retry(entry.txnId)} />}
      {(failed || entry.state === "waiting") && (
        <IconButton icon={Trash} label={t("timeline.discard")} tone="dangerText" onPress={() => void client.sendQueue.discard(entry.txnId)} />
      )}
    </View>
  );
}

/** The words of a queued message, as its echo in the timeline has them. */
function useQueuedText(entry: QueuedSend): string | null {
  const { preview } = useWords();
  const client = useClient();
  const room = client.rooms.room(entry.roomId);
  const { items } = useObservable(entry.threadId === null ? room.timeline : room.thread(entry.threadId));
  const echo = items.find((item) => (item.kind === "sending" || item.kind === "failed") && item.txnId === entry.txnId);
  if (echo === undefined || !("content" in echo)) return null;
  const { content } = echo;
  if ("media" in content) return preview({ type: content.type, text: content.caption ?? content.media.name });
  return "body" in content ? content.body : null;
}
