import type { CommandView, QueuedSend } from "@team/core";
import { useState } from "react";
import { FlatList, View } from "react-native";
import { useWords } from "../i18n";
import type { Phrase } from "../i18n/translate";
import { useClient, useObservable } from "../shell/client";
import { usePullToRefresh } from "../shell/usePullToRefresh";
import { useUnsent } from "../shell/useUnsent";
import { callOf, unbroken } from "../tasks/facts";
import { ProblemView } from "../tasks/Problems";
import { fieldName } from "../tasks/taskChangeText";
import { space, themed } from "../theme";
import { Button, IconButton } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { Header } from "../ui/Header";
import { Icon } from "../ui/Icon";
import { Check, Clock, RotateCw, Trash, TriangleAlert, X } from "../ui/icons";
import { Page } from "../ui/Page";
import { Sheet, SheetAction } from "../ui/Sheet";
import { Text } from "../ui/Text";

const useStyles = themed((palette) => ({
  list: { flexGrow: 1 },
  entry: { gap: space.s, borderBottomWidth: 1, borderBottomColor: palette.border, paddingVertical: space.s },
  row: { flexDirection: "row", alignItems: "center", gap: space.m, minHeight: 52, paddingLeft: space.l, paddingRight: space.xs },
  buttons: { flexDirection: "row" },
  words: { flex: 1, minWidth: 0, gap: 2 },
  problem: { paddingHorizontal: space.l, paddingBottom: space.s },
  all: { padding: space.l },
  asked: { gap: space.s, paddingHorizontal: space.l, paddingVertical: space.s },
}));

type Waiting =
  | { readonly kind: "send"; readonly key: string; readonly ts: number; readonly send: QueuedSend }
  | { readonly kind: "command"; readonly key: string; readonly ts: number; readonly command: CommandView };

/** What waits to be sent, and what could not be: messages and changes of tasks, oldest first. */
export function OutboxScreen() {
  const { t } = useWords();
  const client = useClient();
  const styles = useStyles();
  const { sends, commands } = useUnsent();
  const pull = usePullToRefresh(() => client.tasks.retryNow());
  const failedSends = sends.filter((entry) => entry.state === "failed" && entry.retryable).length;
  const waiting: Waiting[] = [
    ...sends.map((send) => ({ kind: "send" as const, key: send.txnId, ts: send.queuedTs, send })),
    ...commands.map((command) => ({ kind: "command" as const, key: command.cmdId, ts: command.queuedTs, command })),
  ];
  waiting.sort((a, b) => a.ts - b.ts);
  return (
    <Page header={<Header leave="back" title={t("phone.outbox")} />}>
      <FlatList
        data={waiting}
        keyExtractor={(each) => each.key}
        renderItem={({ item }) => (item.kind === "send" ? <SendEntry entry={item.send} /> : <CommandEntry entry={item.command} />)}
        role="list"
        aria-label={t("phone.outbox")}
        contentContainerStyle={styles.list}
        refreshControl={pull}
        ListEmptyComponent={<EmptyState icon={Check} title={t("phone.outboxEmpty")} text={t("phone.outboxEmptyText")} />}
        ListFooterComponent={
          failedSends > 1 ? (
            <View style={styles.all}>
              <Button icon={RotateCw} label={t("phone.retryAll")} onPress={() => void client.sendQueue.retryAll()} />
            </View>
          ) : null
        }
      />
    </Page>
  );
}

const KINDS: Readonly<Record<QueuedSend["kind"], Phrase>> = {
  message: "phone.outboxMessage",
  media: "phone.outboxMedia",
  edit: "phone.outboxEdit",
  reaction: "phone.outboxReaction",
  redaction: "phone.outboxRedaction",
  event: "phone.outboxEvent",
  receipt: "phone.outboxEvent",
};

function SendEntry({ entry }: { readonly entry: QueuedSend }) {
  const { t, roomName, error } = useWords();
  const client = useClient();
  const styles = useStyles();
  const summary = useObservable(client.rooms.room(entry.roomId).summary);
  const text = useQueuedText(entry);
  const failed = entry.state === "failed";
  const state = failed ? (entry.error === null ? t("phone.failed") : error(entry.error)) : t(entry.state === "sending" ? "phone.sending" : "phone.waiting");
  return (
    <View style={styles.entry} role="listitem">
      <View style={styles.row}>
        <Icon of={failed ? TriangleAlert : Clock} tone={failed ? "dangerText" : "text3"} />
        <View style={styles.words}>
          <Text numberOfLines={3}>{text ?? t(KINDS[entry.kind])}</Text>
          {summary !== null && (
            <Text look="small" tone="text3" numberOfLines={1}>
              {t("phone.outboxIn", { room: roomName(summary.name) })}
            </Text>
          )}
          <Text look="small" tone={failed ? "dangerText" : "text3"}>
            {state}
          </Text>
        </View>
        <View style={styles.buttons}>
          {failed && entry.retryable && <IconButton icon={RotateCw} label={t("timeline.retry")} onPress={() => void client.sendQueue.retry(entry.txnId)} />}
          {entry.state !== "sending" && (
            <Discard label={t("timeline.discard")} what={text ?? t(KINDS[entry.kind])} onDiscard={() => void client.sendQueue.discard(entry.txnId)} />
          )}
        </View>
      </View>
    </View>
  );
}

/** The words of a queued message, as its echo in the timeline has them. */
function useQueuedText(entry: QueuedSend): string | null {
  const { preview } = useWords();
  const room = useClient().rooms.room(entry.roomId);
  const { items } = useObservable(entry.threadId === null ? room.timeline : room.thread(entry.threadId));
  const echo = items.find((item) => (item.kind === "sending" || item.kind === "failed") && item.txnId === entry.txnId);
  if (echo === undefined || !("content" in echo)) return null;
  const { content } = echo;
  if ("media" in content) return preview({ type: content.type, text: content.caption ?? content.media.name });
  return "body" in content ? content.body : null;
}

const STATES: Readonly<Record<CommandView["state"], Phrase>> = {
  waiting: "phone.waiting",
  sending: "phone.sending",
  held: "phone.held",
  conflict: "taskProblem.conflict",
  refused: "phone.failed",
};

function CommandEntry({ entry }: { readonly entry: CommandView }) {
  const { t } = useWords();
  const styles = useStyles();
  const { outbox } = useClient().tasks;
  const stuck = entry.problem !== null;
  const call = entry.key === "" ? t("phone.outboxNewTask") : t("phone.outboxTask", { key: callOf(entry) });
  const fields = [...new Set(entry.fields.map((field) => fieldName(field, t)))].join(", ");
  return (
    <View style={styles.entry} role="listitem">
      <View style={styles.row}>
        <Icon of={stuck ? TriangleAlert : Clock} tone={stuck ? "dangerText" : "text3"} />
        <View style={styles.words}>
          <Text numberOfLines={3}>{entry.title}</Text>
          <Text look="small" tone="text3">
            {[unbroken(call), ...(entry.key === "" || fields === "" ? [] : [fields])].join(" · ")}
          </Text>
          <Text look="small" tone={stuck ? "dangerText" : "text3"}>
            {t(STATES[entry.state])}
          </Text>
        </View>
        {!stuck && entry.state !== "sending" && (
          <Discard label={t("decisions.discard")} what={entry.title} onDiscard={() => void outbox.discard(entry.cmdId)} />
        )}
      </View>
      {entry.problem !== null && (
        <View style={styles.problem}>
          <ProblemView roomId={entry.roomId ?? ""} problem={entry.problem} />
        </View>
      )}
    </View>
  );
}

interface DiscardProps {
  readonly label: string;
  /** The words that would go. */
  readonly what: string;
  readonly onDiscard: () => void;
}

/** What is thrown away here is nowhere else: it is asked again. */
function Discard({ label, what, onDiscard }: DiscardProps) {
  const { t } = useWords();
  const styles = useStyles();
  const [asking, setAsking] = useState(false);
  return (
    <>
      <IconButton icon={Trash} label={label} tone="dangerText" onPress={() => setAsking(true)} />
      <Sheet title={t("phone.dropTitle")} open={asking} onClose={() => setAsking(false)}>
        <View style={styles.asked}>
          <Text numberOfLines={3}>{what}</Text>
          <Text tone="text2">{t("phone.dropText")}</Text>
        </View>
        <SheetAction icon={Trash} tone="dangerText" label={label} onPress={() => (setAsking(false), onDiscard())} />
        <SheetAction icon={X} label={t("common.cancel")} onPress={() => setAsking(false)} />
      </Sheet>
    </>
  );
}
