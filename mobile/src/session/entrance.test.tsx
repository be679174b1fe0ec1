import { fireEvent, screen, waitFor } from "@testing-library/react-native";
import { FakeServer, happens, ivan, openApp, TestPhone } from "../test/app";

async function fill(address: string, user = "anna", password = "secret"): Promise<void> {
  await happens(() => {
    fireEvent.changeText(screen.getByLabelText("Server address"), address);
    fireEvent.changeText(screen.getByLabelText("User name"), user);
    fireEvent.changeText(screen.getByLabelText("Password"), password);
  });
  await happens(() => void fireEvent.press(screen.getByRole("button", { name: "Sign in" })));
}

describe("the entrance", () => {
  it("leads from address, name and password to the rooms", async () => {
    const server = new FakeServer();
    server.home.room(["@anna:test", ivan], { name: "Launch" });
    await openApp(server, { userId: null });
    await fill("http://fake");
    expect(await screen.findByRole("link", { name: /^Launch/ })).toBeOnTheScreen();
  });

  it("says what is wrong with an address, a password, a server", async () => {
    const server = new FakeServer();
    await openApp(server, { userId: null });
    await fill("two words");
    expect(screen.getByText("This is not an address of a server.")).toBeOnTheScreen();
    server.answer(/login/, 403, { errcode: "M_FORBIDDEN", error: "no" });
    await fill("http://fake");
    expect(await screen.findByText("Wrong user name or password.")).toBeOnTheScreen();
    server.answer(/login/, 404, "<html>");
    await fill("http://fake");
    expect(await screen.findByText("There is no Team Messenger at http://fake.")).toBeOnTheScreen();
    server.offline = true;
    await fill("http://fake");
    expect(await screen.findByText("No answer from http://fake. Check the address and the connection.")).toBeOnTheScreen();
    // Without a scheme it is completed: the person sees how, and what to do.
    await fill("fake.example");
    expect(await screen.findByText(/^No answer from https:\/\/fake\.example\..* write http:\/\//)).toBeOnTheScreen();
  });

  it("remembers the server, and goes on where the app was killed", async () => {
    const server = new FakeServer();
    server.home.room(["@anna:test", ivan], { name: "Launch" });
    const phone = new TestPhone();
    const first = await openApp(server, { phone, userId: null });
    await fill("http://fake");
    await screen.findByRole("link", { name: /^Launch/ });
    first.kill();
    await openApp(server, { phone, userId: null });
    expect(await screen.findByRole("link", { name: /^Launch/ })).toBeOnTheScreen();
  });

  it("asks again for the password when the session has run out, and keeps everything", async () => {
    const server = new FakeServer();
    const room = server.home.room(["@anna:test", ivan], { name: "Launch" });
    await openApp(server);
    await screen.findByRole("link", { name: /^Launch/ });
    server.answer(/sync/, 401, { errcode: "M_UNKNOWN_TOKEN", error: "expired", soft_logout: true }, 2);
    server.home.say(room, ivan, "the poll that waits is answered, and the next is refused");
    expect(await screen.findByText("Welcome back")).toBeOnTheScreen();
    await happens(() => fireEvent.changeText(screen.getByLabelText("Password"), "secret"));
    await happens(() => void fireEvent.press(screen.getByRole("button", { name: "Sign in" })));
    expect(await screen.findByRole("link", { name: /^Launch/ })).toBeOnTheScreen();
  });

  it("asks before somebody else signs in, whose arrival ends what waits here", async () => {
    const server = new FakeServer();
    const room = server.home.room(["@anna:test", ivan], { name: "Launch" });
    await openApp(server);
    await screen.findByRole("link", { name: /^Launch/ });
    server.answer(/sync/, 401, { errcode: "M_UNKNOWN_TOKEN", error: "expired", soft_logout: true }, 2);
    server.home.say(room, ivan, "the poll that waits is answered, and the next is refused");
    const other = await screen.findByRole("button", { name: "Sign in as someone else" });
    await happens(() => void fireEvent.press(other));
    expect(await screen.findByText(/could not send yet will be lost/)).toBeOnTheScreen();
    expect(server.callsTo(/logout/)).toHaveLength(0);
    await happens(() => void fireEvent.press(screen.getByRole("button", { name: "Log out" })));
    expect(await screen.findByLabelText("Server address")).toHaveProp("value", "http://fake");
  });

  it("stays behind while the network comes and goes: an expired token is renewed once there is one", async () => {
    const server = new FakeServer();
    const room = server.home.room(["@anna:test", ivan], { name: "Launch" });
    const phone = new TestPhone();
    const first = await openApp(server, { phone, userId: null });
    await fill("http://fake");
    await screen.findByRole("link", { name: /^Launch/ });
    first.kill();
    server.offline = true;
    server.home.expireTokens();
    const second = await openApp(server, { phone, userId: null });
    expect(await screen.findByRole("link", { name: /^Launch/ })).toBeOnTheScreen();
    const { client } = (await waitFor(() => second)) as { client: NonNullable<typeof second.client> };
    await client.rooms.room(room.roomId).timeline.sendText({ body: "From the tunnel" });
    server.offline = false;
    await happens(() => client.sync.retryNow());
    await waitFor(() => expect(room.events.at(-1)?.content).toMatchObject({ body: "From the tunnel" }));
    expect(server.callsTo(/\/refresh$/)).toHaveLength(1);
    expect(screen.queryByLabelText("Password")).toBeNull();
    second.kill();
    // The new tokens are what the next start finds.
    await openApp(server, { phone, userId: null });
    expect(await screen.findByRole("link", { name: /^Launch/ })).toBeOnTheScreen();
    expect(server.callsTo(/\/refresh$/)).toHaveLength(1);
  });

  it("takes a one-time link, and wants a password that is long enough, twice", async () => {
    const server = new FakeServer();
    server.answer(/GET \/_teammessenger\/client\/v1\/welcome\/tok/, 200, { user_id: "@olga:test", display_name: "Olga", server_name: "test" });
    await openApp(server, { userId: null });
    await happens(() => void fireEvent.press(screen.getByRole("button", { name: "I have a one-time link" })));
    const follow = async (link: string): Promise<void> => {
      await happens(() => fireEvent.changeText(screen.getByLabelText("One-time link"), link));
      await happens(() => void fireEvent.press(screen.getByRole("button", { name: "Continue" })));
    };
    await follow("http://fake/room");
    expect(screen.getByText("This is not a one-time link.")).toBeOnTheScreen();
    await follow("http://fake/#/welcome/tok");
    expect(await screen.findByText("Welcome, Olga!")).toBeOnTheScreen();
    const choose = async (password: string, again: string): Promise<void> => {
      await happens(() => {
        fireEvent.changeText(screen.getByLabelText("New password"), password);
        fireEvent.changeText(screen.getByLabelText("Repeat the password"), again);
      });
      await happens(() => void fireEvent.press(screen.getByRole("button", { name: "Start" })));
    };
    await choose("short", "short");
    expect(screen.getByText("At least 8 characters, please.")).toBeOnTheScreen();
    await choose("long enough", "but another");
    expect(screen.getByText("The passwords don't match.")).toBeOnTheScreen();
    server.answer(/POST \/_teammessenger\/client\/v1\/welcome\/tok/, 404, { errcode: "M_NOT_FOUND", error: "used" });
    await choose("long enough", "long enough");
    await waitFor(() => expect(server.callsTo(/POST .*welcome/)).toHaveLength(1));
  });
});
