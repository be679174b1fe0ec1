import { serverAddress, welcomeLink } from "./serverAddress";

describe("serverAddress", () => {
  it.each([
    ["chat.example.com", "https://chat.example.com"],
    ["  Chat.Example.COM/ ", "https://chat.example.com"],
    ["https://chat.example.com/#/room/x", "https://chat.example.com"],
    ["http://10.0.0.5:8008", "http://10.0.0.5:8008"],
    ["чат.рф:8448", "https://чат.рф:8448"],
    ["HTTP://Chat.Example.com:80/", "http://chat.example.com:80"],
    ["localhost:8008", "http://localhost:8008"],
    ["10.0.2.2:8008", "http://10.0.2.2:8008"],
    ["[::1]:8008", "http://[::1]:8008"],
    ["localhost.example.com", "https://localhost.example.com"],
  ])("reads %s", (typed, address) => expect(serverAddress(typed)).toBe(address));

  it.each(["", "  ", "two words", "ftp://chat.example.com", "https://", "javascript:alert(1)", "user@chat.example.com", "https://user:pass@x.org", "a:b:c", "https//chat.example.com", "https:/chat.example.com", "http:8008", "chat..example", "chat.example.com:99999"])(
    "refuses %j",
    (typed) => expect(serverAddress(typed)).toBeNull(),
  );
});

describe("welcomeLink", () => {
  it("finds the server and the token", () => {
    expect(welcomeLink(" https://chat.example.com/#/welcome/aB3-_x ")).toEqual({ server: "https://chat.example.com", token: "aB3-_x" });
    expect(welcomeLink("http://localhost:8008#/welcome/t")).toEqual({ server: "http://localhost:8008", token: "t" });
  });

  it("refuses everything else", () => {
    for (const text of ["", "chat.example.com", "https://x.org/#/room/a", "#/welcome/t", "https://x.org/#/welcome/"]) expect(welcomeLink(text)).toBeNull();
  });
});
