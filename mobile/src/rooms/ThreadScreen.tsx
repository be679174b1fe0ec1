import { useClient, useObservable } from "../shell/client";
import { useWords } from "../i18n";
import { Conversation } from "../timeline/Conversation";
import { Header } from "../ui/Header";
import { Page } from "../ui/Page";
import { whyClosed } from "./RoomScreen";

/** The answers to one message. */
export function ThreadScreen({ roomId, rootId }: { readonly roomId: string; readonly rootId: string }) {
  const { t, roomName } = useWords();
  const client = useClient();
  const room = client.rooms.room(roomId);
  const summary = useObservable(room.summary);
  const name = summary === null ? "" : roomName(summary.name);
  return (
    <Page header={<Header leave="back" title={t("phone.thread")} subtitle={name} />}>
      {summary !== null && <Conversation room={room} timeline={room.thread(rootId)} roomName={name} closed={whyClosed(summary, t)} />}
    </Page>
  );
}
