import { bodies } from "@team/core/test/fakeServer";
import { anna, FakeServer, ivan, signInBefore, startProcess, TestPhone } from "../test/app";

const WORDS = ["one", "two", "three"];

/** There is no screen here: looking again costs nothing. */
async function until(so: () => boolean): Promise<void> {
  const end = Date.now() + 15_000;
  while (!so()) {
    if (Date.now() > end) throw new Error("It has not happened");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

describe("an app that is killed", () => {
  it("at any moment of sending has lost nothing that was queued, doubled nothing, and keeps the order", async () => {
    let moments = 0;
    for (let moment = 1, died = true; died; moment += 1) {
      const server = new FakeServer();
      const room = server.home.room([anna, ivan]);
      const phone = new TestPhone();
      await signInBefore(server, phone, anna);
      let statements = Number.NEGATIVE_INFINITY;
      const first = await startProcess(server, phone, { dies: () => (statements += 1) === moment });
      await until(() => first.client?.sync.state.getSnapshot().kind === "live");
      statements = 0;
      const queued: string[] = [];
      void (async () => {
        for (const body of WORDS) {
          await first.client?.rooms.room(room.roomId).timeline.sendText({ body });
          queued.push(body);
        }
      })();
      await until(() => statements >= moment || (queued.length === WORDS.length && first.client?.sendQueue.entries.getSnapshot().length === 0));
      died = statements >= moment;
      first.kill();
      moments = moment;

      const second = await startProcess(server, phone);
      await until(() => second.client?.sync.state.getSnapshot().kind === "live" && second.client.sendQueue.entries.getSnapshot().length === 0);
      second.kill();
      const sent = bodies(room.events);
      expect([moment, sent]).toEqual([moment, WORDS.slice(0, sent.length)]);
      expect([moment, sent.slice(0, queued.length)]).toEqual([moment, queued]);
      const ids = new Map<string, Set<string>>();
      for (const { path, body } of server.callsTo(/send\/m\.room\.message/)) {
        const text = String((body as { body: string }).body);
        ids.set(text, (ids.get(text) ?? new Set()).add(path));
      }
      expect([...ids.values()].map(({ size }) => size)).toEqual([...ids.values()].map(() => 1));
    }
    expect(moments).toBeGreaterThan(10);
  });
});
