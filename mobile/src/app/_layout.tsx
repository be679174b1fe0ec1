import { hideAsync, preventAutoHideAsync } from "expo-splash-screen";
import { useEffect, useState } from "react";
import { thisPhone } from "../platform/phone";
import { BrokenData } from "../shell/BrokenData";
import { Pages } from "../shell/Pages";
import { Root } from "../shell/Root";
import { openServices, type Services } from "../shell/services";

void preventAutoHideAsync();

type Opening = { readonly kind: "opening" } | { readonly kind: "open"; readonly services: Services } | { readonly kind: "broken" };

export default function Layout() {
  const [opening, setOpening] = useState<Opening>({ kind: "opening" });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    thisPhone()
      .then(openServices)
      .then((services) => setOpening({ kind: "open", services }))
      .catch((error: unknown) => {
        console.warn("The app's data cannot be opened", error);
        setOpening({ kind: "broken" });
      })
      .finally(() => void hideAsync());
  }, [attempt]);
  if (opening.kind === "opening") return null;
  if (opening.kind === "broken") return <BrokenData onRetry={() => setAttempt(attempt + 1)} />;
  return (
    <Root services={opening.services}>
      <Pages />
    </Root>
  );
}
