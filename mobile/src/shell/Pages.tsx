import { Stack } from "expo-router";

/** The pages above one another: rooms and tasks over the tabs, a task as a card over everything. The first one is home. */
export function Pages() {
  return (
    <Stack screenOptions={{ headerShown: false }}>
      <Stack.Screen name="(tabs)" />
      <Stack.Screen name="task/[id]" options={{ presentation: "modal" }} />
    </Stack>
  );
}
