import { Stack } from "expo-router";
import { hideAsync, preventAutoHideAsync } from "expo-splash-screen";
import { useEffect, useState } from "react";
import { Root } from "../shell/Root";
import { openServices, type Services } from "../shell/services";

void preventAutoHideAsync();

export default function Layout() {
  const [services, setServices] = useState<Services | null>(null);
  useEffect(() => {
    openServices()
      .then(setServices)
      .catch((error: unknown) => console.error("The app's data cannot be opened", error))
      .finally(() => void hideAsync());
  }, []);
  if (services === null) return null;
  return (
    <Root services={services}>
      <Stack screenOptions={{ headerShown: false }}>
        <Stack.Screen name="task/[id]" options={{ presentation: "modal" }} />
      </Stack>
    </Root>
  );
}
