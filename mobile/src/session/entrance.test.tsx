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
    expect(await screen.findByText("There is no Team Messenger at this address.")).toBeOnTheScreen();
    server.offline = true;
    await fill("http://fake");
    expect(await screen.findByText(/The server can't be reached/)).toBeOnTheScreen();
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
