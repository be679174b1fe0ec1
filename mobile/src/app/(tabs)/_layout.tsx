import { Tabs } from "expo-router/js-tabs";
import { TabBar } from "../../shell/TabBar";

export default function Layout() {
  return (
    <Tabs screenOptions={{ headerShown: false }} tabBar={(props) => <TabBar {...props} />}>
      <Tabs.Screen name="index" />
      <Tabs.Screen name="tasks" />
      <Tabs.Screen name="more" />
    </Tabs>
  );
}
