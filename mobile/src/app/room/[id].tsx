import { useLocalSearchParams } from "expo-router";
import { RoomScreen } from "../../rooms/RoomScreen";

export default function Page() {
  const { id } = useLocalSearchParams<{ id: string }>();
  return <RoomScreen key={id} roomId={id} />;
}
