import { useLocalSearchParams } from "expo-router";
import { TaskScreen } from "../../tasks/TaskScreen";

export default function Page() {
  const { id } = useLocalSearchParams<{ id: string }>();
  return <TaskScreen key={id} taskId={id} />;
}
