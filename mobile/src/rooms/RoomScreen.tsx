import type { Room, RoomSummary, TypingUser } from "@team/core";
import { useState } from "react";
import { ScrollView, View } from "react-native";
import { useClient, useObservable } from "../shell/client";
import { useWords } from "../i18n";
import type { Translate } from "../i18n/translate";
import { space, themed } from "../theme";
import { Conversation } from "../timeline/Conversation";
import { Avatar } from "../ui/Avatar";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { Header } from "../ui/Header";
import { MessageCircle } from "../ui/icons";
import { Notice } from "../ui/Notice";
import { Page } from "../ui/Page";
import { Text } from "../ui/Text";

const useStyles = themed(() => ({
  threshold: { flexGrow: 1, alignItems: "center", justifyContent: "center", gap: space.l, padding: space.xxl },
  words: { textAlign: "center" },
  buttons: { flexDirection: "row", gap: space.m },
}));

/** A room: its messages, or the question whether to enter. */
export function RoomScreen({ roomId }: { readonly roomId: string }) {
  const { t, roomName } = useWords();
  const client = useClient();
  const room = client.rooms.room(roomId);
  const summary = useObservable(room.summary);
  const { loaded } = useObservable(client.rooms.list);
  const typing = useObservable(room.typing);
  const rules = useObservable(client.tasks.room(roomId));
  if (summary === null) {
    return (
      <Page header={<Header leave="back" title={t("phone.chats")} />}>
        {loaded && <EmptyState icon={MessageCircle} title={t("room.notFound")} text={t("room.notFoundText")} />}
      </Page>
    );
  }
  const name = roomName(summary.name);
  // The tasks service is nobody.
  const people = summary.joinedCount - (rules.authority === "ours" && summary.joinedCount > 1 ? 1 : 0);
  const members = summary.directUserId === null ? t("phone.members", { count: people }) : null;
  return (
    <Page
      header={
        <Header
          leave="back"
          title={name}
          subtitle={typingText(typing, t) ?? members}
          leading={
            <Avatar id={summary.directUserId ?? roomId} name={name} mxc={summary.avatar} size={36} square={summary.directUserId === null} />
          }
        />
      }
    >
      {summary.membership === "join" ? (
        <Conversation room={room} timeline={room.timeline} roomName={name} direct={summary.directUserId !== null} closed={whyClosed(summary, t)} />
      ) : (
        <Threshold room={room} summary={summary} name={name} />
      )}
    </Page>
  );
}

/** Why nothing can be written; null when it can. */
export function whyClosed(summary: RoomSummary, t: Translate): string | null {
  if (summary.encrypted) return t("composer.encrypted");
  if (summary.replacedBy !== null) return t("composer.replaced");
  return summary.rights.send ? null : t("composer.noRight");
}

function typingText(users: readonly TypingUser[], t: Translate): string | null {
  if (users.length === 0) return null;
  if (users.length > 3) return t("timeline.typingMany");
  return t("timeline.typing", { names: users.map((user) => user.name).join(", "), count: users.length });
}

/** In front of a room: invited, waiting to be let in, or gone from it. */
function Threshold({ room, summary, name }: { readonly room: Room; readonly summary: RoomSummary; readonly name: string }) {
  const words = useWords();
  const { t } = words;
  const styles = useStyles();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const attempt = (work: () => Promise<void>) => () => {
    setBusy(true);
    setFailure(null);
    work()
      .catch(setFailure)
      .finally(() => setBusy(false));
  };
  const { invitation } = summary;
  const text =
    invitation !== null
      ? invitation.direct
        ? t("rooms.invitedDirect", { name: invitation.senderName })
        : t("rooms.invitedTo", { name: invitation.senderName, room: name })
      : t(summary.membership === "knock" ? "rooms.knockPending" : "rooms.leftTitle");
  return (
    <ScrollView contentContainerStyle={styles.threshold}>
      <Avatar id={summary.directUserId ?? room.roomId} name={name} mxc={summary.avatar} size={72} square={summary.directUserId === null} />
      <Text look="heading" style={styles.words}>
        {text}
      </Text>
      {invitation?.reason != null && (
        <Text tone="text2" style={styles.words}>
          {invitation.reason}
        </Text>
      )}
      {failure !== null && <Notice tone="danger" text={words.error(failure)} />}
      {summary.membership === "invite" && (
        <View style={styles.buttons}>
          <Button label={t("rooms.decline")} disabled={busy} onPress={attempt(() => room.leave())} />
          <Button look="primary" label={t("rooms.accept")} busy={busy} onPress={attempt(() => room.join())} />
        </View>
      )}
      {summary.membership === "knock" && <Button label={t("rooms.withdrawKnock")} busy={busy} onPress={attempt(() => room.leave())} />}
    </ScrollView>
  );
}
