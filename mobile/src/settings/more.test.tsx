import { fireEvent, screen, waitFor } from "@testing-library/react-native";
import { anna, FakeServer, gone, happens, ivan, openApp, TestPhone } from "../test/app";

async function press(name: string | RegExp): Promise<void> {
  const button = await screen.findByRole("button", { name });
  await happens(() => void fireEvent.press(button));
}

describe("leaving", () => {
  it("asks while something waits to be sent, and says how much", async () => {
    const server = new FakeServer();
    const room = server.home.room([anna, ivan], { name: "Launch" });
    const phone = new TestPhone();
    const { client } = await openApp(server, { phone, url: "/more" });
    await screen.findByRole("button", { name: "Log out" });
    server.offline = true;
    for (const body of ["one", "two"]) await client?.rooms.room(room.roomId).timeline.sendText({ body });
    expect(await screen.findByRole("button", { name: "Outbox, 2" })).toBeOnTheScreen();
    await press("Log out");
    expect(await screen.findByText("Not sent from this phone yet: 2. It will be lost.")).toBeOnTheScreen();
    await press("Cancel");
    await gone(() => screen.queryByText("Log out?"));
    expect(JSON.stringify(await phone.rows())).toContain("two");
    expect(client?.session.state.getSnapshot().kind).toBe("signedIn");
  });

  it("forgets everything, also while the server cannot be told", async () => {
    const server = new FakeServer();
    server.home.room([anna, ivan], { name: "Launch" });
    const phone = new TestPhone();
    await openApp(server, { phone, url: "/more" });
    await press("Log out");
    expect(screen.queryByText(/will be lost/)).toBeNull();
    server.offline = true;
    const buttons = screen.getAllByRole("button", { name: "Log out" });
    await happens(() => void fireEvent.press(buttons[buttons.length - 1] as (typeof buttons)[number]));
    expect(await screen.findByLabelText("Server address")).toBeOnTheScreen();
    await waitFor(async () => expect(await phone.rows()).toEqual([]));
  });
});
