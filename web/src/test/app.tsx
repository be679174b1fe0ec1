import type { Client } from "@team/core";
import { render, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { onTestFinished } from "vitest";
import { FakeServer } from "../../core/test/fakeServer";
import { App } from "../app/App";
import { ClientProvider } from "../app/client";

export const anna = "@anna:test";
export const ivan = "@ivan:test";
export { FakeServer };

/** The whole app before a server in memory, as Anna sees it. */
export async function openApp(server: FakeServer, options: { userId?: string; hash?: string; client?: Client } = {}) {
  const client = options.client ?? server.client(options.userId ?? anna);
  window.location.hash = options.hash ?? "";
  const user = userEvent.setup();
  onTestFinished(async () => {
    server.offline = true;
    await client.stop();
  });
  await client.start();
  render(
    <ClientProvider client={client}>
      <App />
    </ClientProvider>,
  );
  if (client.session.state.getSnapshot().kind === "signedIn" && !server.offline) {
    await waitFor(() => {
      if (client.sync.state.getSnapshot().kind !== "live") throw new Error("not live yet");
    });
  }
  return { client, user };
}

export function roomHash(roomId: string): string {
  return `#/room/${encodeURIComponent(roomId)}`;
}
