import { useLocalSearchParams } from "expo-router";
import { ThreadScreen } from "../../../rooms/ThreadScreen";

export default function Page() {
  const { room, root } = useLocalSearchParams<{ room: string; root: string }>();
  return <ThreadScreen key={`${room} ${root}`} roomId={room} rootId={root} />;
}
