import type { SessionState } from "@team/core";
import { useLocales } from "expo-localization";
import { StatusBar } from "expo-status-bar";
import { setBackgroundColorAsync } from "expo-system-ui";
import { useEffect, useMemo, useSyncExternalStore, type ReactNode } from "react";
import { AppState } from "react-native";
import { SafeAreaProvider } from "react-native-safe-area-context";
import { WordsProvider } from "../i18n";
import { preferredLanguage } from "../i18n/translate";
import { Pictures } from "../platform/pictures";
import { Entrance } from "../session/Entrance";
import { useTaskToasts } from "../tasks/useTaskToasts";
import { ThemeProvider, usePalette } from "../theme";
import { Toasts } from "../ui/Toasts";
import { ClientContext, useClient, useObservable } from "./client";
import { OfflineWatch } from "./offline";
import { PicturesContext } from "./pictures";
import { PreferencesContext, usePreferences } from "./preferences";
import type { Services } from "./services";

/** Everything around the pages: theme, language, and the door. `children` are drawn for those who are in. */
export function Root({ services, children }: { readonly services: Services; readonly children: ReactNode }) {
  return (
    <SafeAreaProvider>
      <PreferencesContext value={services.preferences}>
        <Appearance>
          <Door services={services}>{children}</Door>
        </Appearance>
      </PreferencesContext>
    </SafeAreaProvider>
  );
}

function Appearance({ children }: { readonly children: ReactNode }) {
  const { values } = usePreferences();
  const locales = useLocales();
  const language = values.language === "system" ? preferredLanguage(locales.map((locale) => locale.languageTag)) : values.language;
  return (
    <ThemeProvider theme={values.theme}>
      <WordsProvider language={language}>
        <SystemBars />
        {children}
      </WordsProvider>
    </ThemeProvider>
  );
}

/** The phone's own bars and the window behind the app follow its theme. */
function SystemBars() {
  const palette = usePalette();
  useEffect(() => {
    void setBackgroundColorAsync(palette.surface);
  }, [palette]);
  return <StatusBar style={palette.dark ? "light" : "dark"} />;
}

/** What goes on whichever page is open. */
function Watching() {
  useTaskToasts();
  const { drafts } = useClient();
  useEffect(() => {
    // In the background the system may end the app at any moment, and its timers stand still.
    const watch = AppState.addEventListener("change", (state) => state !== "active" && void drafts.write());
    return () => watch.remove();
  }, [drafts]);
  return null;
}

const OUTSIDE: SessionState = { kind: "signedOut", reason: "none" };
const nothing = (): (() => void) => () => undefined;
const outside = (): SessionState => OUTSIDE;

function Door({ services, children }: { readonly services: Services; readonly children: ReactNode }) {
  const { connection } = services;
  const client = useObservable(connection);
  const state = useSyncExternalStore(client?.session.state.subscribe ?? nothing, client?.session.state.getSnapshot ?? outside);
  const pictures = useMemo(() => (client === null ? null : new Pictures(client.media)), [client]);
  if (client === null || state.kind !== "signedIn") return <Entrance connection={connection} client={client} state={state} />;
  return (
    <ClientContext value={client}>
      <PicturesContext value={pictures}>
        <Toasts>
          <OfflineWatch>
            <Watching />
            {children}
          </OfflineWatch>
        </Toasts>
      </PicturesContext>
    </ClientContext>
  );
}
