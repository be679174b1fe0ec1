import { fireEvent, screen, waitFor, within } from "@testing-library/react-native";
import { anna, FakeServer, gone, happens, ivan, openApp, TestPhone } from "../test/app";

const bodies = (room: { events: readonly { type: string; content: Record<string, unknown> }[] }): unknown[] =>
  room.events.filter((event) => event.type === "m.room.message").map((event) => event.content["body"]);

const roomUrl = (roomId: string): string => `/room/${encodeURIComponent(roomId)}`;

async function write(text: string): Promise<void> {
  await happens(() => fireEvent.changeText(screen.getByLabelText("Message"), text));
  await happens(() => void fireEvent.press(screen.getByRole("button", { name: "Send message" })));
}

describe("the list of rooms", () => {
  it("tells how much is new, and what was said last", async () => {
    const server = new FakeServer();
    const room = server.home.room([anna, ivan], { name: "Launch" });
    await openApp(server);
    server.home.say(room, ivan, "one");
    server.home.say(room, ivan, "two");
    const link = await screen.findByRole("link", { name: "Launch, 2 unread messages" });
    expect(within(link).getByText(/two$/)).toBeOnTheScreen();
    expect(screen.getByRole("tab", { name: "Chats, 2" })).toBeOnTheScreen();
  });

  it("finds a room by the first letters of its words", async () => {
    const server = new FakeServer();
    server.home.room([anna, ivan], { name: "Spring launch" });
    server.home.room([anna, ivan], { name: "Design" });
    await openApp(server);
    await screen.findByRole("link", { name: "Design" });
    await happens(() => fireEvent.changeText(screen.getByLabelText("Find a room or person"), "lau"));
    expect(screen.getByRole("link", { name: "Spring launch" })).toBeOnTheScreen();
    expect(screen.queryByRole("link", { name: "Design" })).toBeNull();
    await happens(() => fireEvent.changeText(screen.getByLabelText("Find a room or person"), "zz"));
    expect(screen.getByText("Nothing found for “zz”")).toBeOnTheScreen();
  });

  it("speaks Russian when the person wants it", async () => {
    const server = new FakeServer();
    const room = server.home.room([anna, ivan], { name: "Launch" });
    const { services } = await openApp(server);
    server.home.say(room, ivan, "one");
    await screen.findByRole("link", { name: "Launch, 1 unread message" });
    await happens(() => services.preferences.change({ language: "ru" }));
    expect(screen.getByRole("link", { name: "Launch, 1 непрочитанное сообщение" })).toBeOnTheScreen();
    expect(screen.getByRole("tab", { name: "Чаты, 1" })).toBeOnTheScreen();
  });
});

describe("a room", () => {
  it("shows its messages, says that they are read, and sends", async () => {
    const server = new FakeServer();
    const room = server.home.room([anna, ivan], { name: "Launch" });
    server.home.say(room, ivan, "Are you on the train?");
    await openApp(server, { url: roomUrl(room.roomId) });
    expect(await screen.findByText("Are you on the train?")).toBeOnTheScreen();
    await waitFor(() => expect(server.callsTo(/POST .*(receipt|read_markers)/).length).toBeGreaterThan(0));
    await write("Nearly there");
    await waitFor(() => expect(bodies(room)).toEqual(["Are you on the train?", "Nearly there"]));
    expect(screen.getByLabelText("Message")).toHaveProp("value", "");
    await gone(() => screen.queryByText("Sending…"));
  });

  it("answers one message, edits mine, and deletes after asking again", async () => {
    const server = new FakeServer();
    const room = server.home.room([anna, ivan], { name: "Launch" });
    server.home.say(room, ivan, "When?");
    await openApp(server, { url: roomUrl(room.roomId) });
    const question = await screen.findByText("When?");
    await happens(() => void fireEvent.press(question));
    await happens(() => void fireEvent.press(screen.getByRole("button", { name: "Reply" })));
    await write("Tomorrow");
    await waitFor(() => expect(room.events.at(-1)?.content).toMatchObject({ "m.relates_to": { "m.in_reply_to": {} }, "m.mentions": { user_ids: [ivan] } }));
    await gone(() => screen.queryByText("Sending…"));
    await happens(() => void fireEvent.press(screen.getByText("Tomorrow")));
    await happens(() => void fireEvent.press(screen.getByRole("button", { name: "Edit" })));
    expect(screen.getByLabelText("Message")).toHaveProp("value", "Tomorrow");
    await happens(() => fireEvent.changeText(screen.getByLabelText("Message"), "On Monday"));
    await happens(() => void fireEvent.press(screen.getByRole("button", { name: "Save changes" })));
    expect(await screen.findByText("On Monday")).toBeOnTheScreen();
    await waitFor(() => expect(screen.getByText("edited")).toBeOnTheScreen());
    await happens(() => void fireEvent.press(screen.getByText("On Monday")));
    await happens(() => void fireEvent.press(screen.getByRole("button", { name: "Delete" })));
    expect(server.callsTo(/redact/)).toHaveLength(0);
    await happens(() => void fireEvent.press(screen.getByRole("button", { name: "Delete" })));
    expect(await screen.findByText("Message deleted")).toBeOnTheScreen();
  });

  it("keeps what cannot be sent, also when the app is killed, and sends it once", async () => {
    const server = new FakeServer();
    const room = server.home.room([anna, ivan], { name: "Launch" });
    const phone = new TestPhone();
    const first = await openApp(server, { phone, url: roomUrl(room.roomId) });
    await screen.findByLabelText("Message");
    server.offline = true;
    await write("From the tunnel");
    expect(await screen.findByText("From the tunnel")).toBeOnTheScreen();
    expect(screen.getByText("Sending…")).toBeOnTheScreen();
    first.kill();

    const second = await openApp(server, { phone, userId: null, url: "/outbox" });
    expect(await screen.findByText("From the tunnel")).toBeOnTheScreen();
    expect(screen.getByText(/in Launch/)).toBeOnTheScreen();
    server.offline = false;
    await happens(() => second.client?.sync.retryNow());
    await waitFor(() => expect(bodies(room)).toEqual(["From the tunnel"]));
    expect(await screen.findByText("Nothing waits to be sent")).toBeOnTheScreen();
  });

  it("keeps words that are on their way to the outbox, when the app is killed there", async () => {
    const server = new FakeServer();
    const room = server.home.room([anna, ivan], { name: "Launch" });
    const phone = new TestPhone();
    const dies = (_: string, parameters: readonly unknown[]): boolean => /\\?"outbox\\?".*A long thought/.test(JSON.stringify(parameters));
    const first = await openApp(server, { phone, url: roomUrl(room.roomId), dies });
    const field = await screen.findByLabelText("Message");
    await happens(() => fireEvent.changeText(field, "A long thought"));
    await waitFor(async () => expect(JSON.stringify(await phone.rows())).toContain("A long thought"));
    await happens(() => void fireEvent.press(screen.getByRole("button", { name: "Send message" })));
    expect(screen.getByLabelText("Message")).toHaveProp("value", "");
    first.kill();

    await openApp(server, { phone, userId: null, url: roomUrl(room.roomId) });
    await waitFor(() => expect(screen.getByLabelText("Message")).toHaveProp("value", "A long thought"));
    expect(bodies(room)).toEqual([]);
  });

  it("that was away for days shows the newest messages, and the older ones one after the other", async () => {
    const server = new FakeServer();
    const room = server.home.room([anna, ivan], { name: "Launch" });
    const phone = new TestPhone();
    for (let at = 0; at < 5; at += 1) server.home.say(room, ivan, `Day one, ${at}`);
    const first = await openApp(server, { phone, url: roomUrl(room.roomId) });
    await screen.findByText("Day one, 4");
    first.kill();
    for (let at = 0; at < 40; at += 1) server.home.say(room, ivan, `Week two, ${at}`);
    const { client } = await openApp(server, { phone, userId: null, url: roomUrl(room.roomId) });
    await screen.findByText("Week two, 39");
    const timeline = client?.rooms.room(room.roomId).timeline.withTasks;
    const told = (): unknown[] => (timeline?.getSnapshot().items ?? []).flatMap((item) => ("content" in item && "body" in item.content ? [item.content.body] : []));
    // What lies between is a gap, not a wall: whoever scrolls up gets there.
    expect(told()).not.toContain("Day one, 4");
    const list = screen.getByLabelText("Messages");
    await waitFor(async () => {
      await happens(() => void fireEvent(list, "endReached", { distanceFromEnd: 0 }));
      expect(told()).toContain("Day one, 0");
    });
    expect(told()).toEqual(bodies(room));
  });

  it("gives back what the server refused or what lay for days: the words, the reason, and the choice", async () => {
    const server = new FakeServer();
    const room = server.home.room([anna, ivan], { name: "Launch" });
    const phone = new TestPhone();
    const first = await openApp(server, { phone, url: roomUrl(room.roomId) });
    server.answer(/send/, 403, { errcode: "M_FORBIDDEN", error: "no" });
    await screen.findByLabelText("Message");
    await write("Refused words");
    await screen.findByText(/^Not sent: /);
    server.offline = true;
    await write("Forgotten words");
    await screen.findByText("Forgotten words");
    first.kill();
    const later = Date.now() + 4 * 86_400_000;
    const clock = jest.spyOn(Date, "now").mockImplementation(() => later);
    try {
      await openApp(server, { phone, userId: null, url: "/outbox" });
      expect(await screen.findByText("Refused words")).toBeOnTheScreen();
      expect(screen.getByText("You don't have permission to do this.")).toBeOnTheScreen();
      expect(screen.getByText("Forgotten words")).toBeOnTheScreen();
      expect(screen.getByText(/^It waited for days and was not sent/)).toBeOnTheScreen();
      const [drop] = screen.getAllByRole("button", { name: "Discard" });
      await happens(() => void (drop !== undefined && fireEvent.press(drop)));
      // Not yet: it is asked again.
      expect(screen.getByText("Throw it away?")).toBeOnTheScreen();
      await happens(() => void fireEvent.press(screen.getByRole("button", { name: "Cancel" })));
      expect(screen.getByText("Refused words")).toBeOnTheScreen();
      server.offline = false;
      await happens(() => void fireEvent.press(screen.getByRole("button", { name: "Send all again" })));
      await waitFor(() => expect(bodies(room)).toEqual(["Refused words", "Forgotten words"]));
    } finally {
      clock.mockRestore();
    }
  });

  it("shows a refused message as not sent, and lets it be dropped", async () => {
    const server = new FakeServer();
    const room = server.home.room([anna, ivan], { name: "Launch" });
    await openApp(server, { url: roomUrl(room.roomId) });
    server.answer(/send/, 403, { errcode: "M_FORBIDDEN", error: "no" });
    await screen.findByLabelText("Message");
    await write("Too late");
    expect(await screen.findByText(/^Not sent: /)).toBeOnTheScreen();
    expect(await screen.findByRole("button", { name: /1 was not sent/ })).toBeOnTheScreen();
    await happens(() => void fireEvent.press(screen.getByText("Too late")));
    await happens(() => void fireEvent.press(screen.getByRole("button", { name: "Discard" })));
    await gone(() => screen.queryByText("Too late"));
  });

  it("is entered by accepting its invitation", async () => {
    const server = new FakeServer();
    const room = server.home.room([ivan], { name: "Secret" });
    server.home.member(room, anna, "invite", ivan);
    await openApp(server);
    const invitation = await screen.findByRole("link", { name: /^Secret/ });
    await happens(() => void fireEvent.press(invitation));
    const accept = await screen.findByRole("button", { name: "Accept" });
    await happens(() => void fireEvent.press(accept));
    expect(await screen.findByLabelText("Message")).toBeOnTheScreen();
  });

  it("that is not there says so", async () => {
    await openApp(new FakeServer(), { url: roomUrl("!nowhere:test") });
    expect(await screen.findByText("This room is not here")).toBeOnTheScreen();
  });
});
