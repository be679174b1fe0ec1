import "@fontsource-variable/inter";
import "./ui/tokens.css";
import "./ui/base.css";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { ClientProvider } from "./app/client";
import { startI18n } from "./i18n";
import { openBrowserClient } from "./platform/browser";
import { preferences } from "./platform/preferences";
import { followTheme } from "./platform/theme";

followTheme();
startI18n(preferences.getSnapshot().language);

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");

const client = await openBrowserClient();
createRoot(root).render(
  <ClientProvider client={client}>
    <App />
  </ClientProvider>,
);
void client.start();
