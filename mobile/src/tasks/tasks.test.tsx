import { fireEvent, screen, waitFor, within } from "@testing-library/react-native";
import { anna, FakeServer, gone, happens, ivan, openApp, TestPhone } from "../test/app";

function world() {
  const server = new FakeServer();
  const room = server.home.room([anna, ivan], { name: "Ops" });
  server.tasks.setUp(room);
  return { server, room };
}

async function press(name: string | RegExp): Promise<void> {
  const button = await screen.findByRole("button", { name });
  await happens(() => void fireEvent.press(button));
}
const choose = press;

function dayFromNow(days: number): { date: string } {
  const day = new Date(Date.now() + days * 86_400_000);
  const two = (value: number): string => String(value).padStart(2, "0");
  return { date: `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}` };
}

describe("tasks", () => {
  it("are nowhere to be seen without a service", async () => {
    await openApp(new FakeServer());
    await screen.findByText("No rooms yet");
    expect(screen.queryByRole("tab", { name: /My tasks/ })).toBeNull();
  });

  it("stand in groups by what they want from me", async () => {
    const { server, room } = world();
    server.tasks.open(ivan, room, { title: "Late", assignee: anna, due: dayFromNow(-2) });
    server.tasks.open(ivan, room, { title: "Now", assignee: anna, due: dayFromNow(0) });
    server.tasks.open(ivan, room, { title: "Later", assignee: anna, due: dayFromNow(5) });
    server.tasks.open(ivan, room, { title: "Some day", assignee: anna });
    server.tasks.open(anna, room, { title: "For Ivan", assignee: ivan });
    server.tasks.assigning = "request";
    server.tasks.open(ivan, room, { title: "Please", assignee: anna });
    await openApp(server, { url: "/tasks" });
    await screen.findByText("For Ivan");
    const headings = screen.getAllByRole("heading").map((heading) => (heading.props["accessibilityLabel"] ?? heading.props["aria-label"]) as string | undefined);
    expect(headings.filter((label) => label !== undefined)).toEqual([
      "Requests, 1", "Overdue, 1", "Today, 1", "Upcoming, 1", "No date, 1", "Assigned by me, 1",
    ]); // prettier-ignore
    expect(screen.getByRole("tab", { name: "My tasks, 3" })).toBeOnTheScreen();
    expect(screen.getByText(/overdue/)).toBeOnTheScreen();
  });

  it("go to the next status by a touch, and offer nothing that is not allowed", async () => {
    const { server, room } = world();
    const task = server.tasks.open(ivan, room, { title: "Contract", assignee: anna });
    await openApp(server, { url: "/tasks" });
    await press(`Status of ${task.key}: Open`);
    expect(screen.queryByRole("button", { name: "Cancelled" })).toBeNull();
    await choose("In progress");
    await waitFor(() => expect(server.tasks.get(task.id).status).toBe("in_progress"));
    await press(`Open task ${task.key}: Contract`);
    expect(await screen.findByRole("button", { name: `Status of ${task.key}: In progress` })).toBeOnTheScreen();
    // The assignee may not give the task another date.
    expect(screen.queryByRole("button", { name: /^Due date/ })).toBeNull();
  });

  it("that are requests can be accepted, or declined with a reason", async () => {
    const { server, room } = world();
    server.tasks.assigning = "request";
    const one = server.tasks.open(ivan, room, { title: "Review the plan", assignee: anna });
    await openApp(server, { url: "/tasks" });
    await press("Accept");
    await waitFor(() => expect(server.tasks.get(one.id).assignment.state).toBe("active"));
    const two = server.tasks.open(ivan, room, { title: "Paint the fence", assignee: anna });
    await press("Decline");
    const reason = await screen.findByLabelText("Reason");
    await happens(() => fireEvent.changeText(reason, "on holiday"));
    const dialog = await screen.findByLabelText("Decline the task");
    await happens(() => void fireEvent.press(within(dialog).getByRole("button", { name: "Decline" })));
    await waitFor(() => expect(server.tasks.get(two.id).assignment).toMatchObject({ state: "declined", reason: "on holiday" }));
  });

  it("that are requests are answered from their card in the room too", async () => {
    const { server, room } = world();
    server.tasks.assigning = "request";
    const task = server.tasks.open(ivan, room, { title: "Review the plan", assignee: anna });
    await openApp(server, { url: `/room/${encodeURIComponent(room.roomId)}` });
    const card = await screen.findByLabelText(`Task ${task.key}`);
    await within(card).findByText(/^Asked by/);
    expect(within(card).queryByText(/^Waits for an answer/)).toBeNull();
    await press("Accept");
    await waitFor(() => expect(server.tasks.get(task.id).assignment.state).toBe("active"));
  });

  it("are talked about in their comments", async () => {
    const { server, room } = world();
    const task = server.tasks.open(ivan, room, { title: "Contract", assignee: anna });
    await openApp(server, { url: `/task/${task.id}` });
    const comments = await screen.findByRole("tab", { name: "Comments" });
    await happens(() => void fireEvent.press(comments));
    const field = await screen.findByLabelText("Reply in the thread");
    await happens(() => fireEvent.changeText(field, "Half done"));
    await press("Send message");
    await waitFor(() =>
      expect(room.events.at(-1)?.content).toMatchObject({ body: "Half done", "m.relates_to": { rel_type: "m.thread", event_id: task.event_id } }),
    );
    expect(await screen.findByText("Half done")).toBeOnTheScreen();
  });

  it("stand among the messages as a card and lines, and a message becomes one", async () => {
    const { server, room } = world();
    server.home.say(room, ivan, "send the contract\nby Friday");
    const { client } = await openApp(server, { url: `/room/${encodeURIComponent(room.roomId)}` });
    await waitFor(() => expect(client?.tasks.room(room.roomId).getSnapshot().authority).toBe("ours"));
    const message = await screen.findByText(/send the contract/);
    await happens(() => void fireEvent.press(message));
    await press("Make a task");
    expect(await screen.findByLabelText("Title")).toHaveProp("value", "send the contract");
    await happens(() => void fireEvent.press(screen.getByRole("radio", { name: "Tomorrow" })));
    await press("Create task");
    const card = await screen.findByLabelText("Task OPS-1");
    expect(within(card).getByText(/Tomorrow/)).toBeOnTheScreen();
    const [task] = [...server.tasks.tasks.values()];
    await happens(() => void server.tasks.act(anna, task?.snapshot.task_id ?? "", [{ op: "transition", to: "in_progress" }]));
    expect(await screen.findByRole("button", { name: /OPS-1, Open → In progress$/ })).toBeOnTheScreen();
  });

  it("that are forged by the room's creator are not shown", async () => {
    const { server, room } = world();
    const task = server.tasks.open(anna, room, { title: "Real", assignee: anna });
    const snapshot = { ...server.tasks.get(task.id), task_id: "00000000-0000-4000-8000-00000000dead", key: "OPS-99", title: "Forged" };
    server.home.append(room, anna, "org.teammessenger.task", {
      "org.teammessenger.task": snapshot,
      "org.teammessenger.change": { rev: 1, prev_rev: null, actor: anna, at: 1, diff: [], cause: { cmd_id: task.id, via: "rest" } },
      "m.text": [],
      "m.mentions": {},
    });
    await openApp(server, { url: `/room/${encodeURIComponent(room.roomId)}` });
    expect(await screen.findByText("Real")).toBeOnTheScreen();
    expect(screen.queryByText("Forged")).toBeNull();
  });

  it("changed without a connection wait through a kill, and conflicts are mine to decide", async () => {
    const { server, room } = world();
    const task = server.tasks.open(anna, room, { title: "Contract", assignee: anna, due: dayFromNow(3) });
    const phone = new TestPhone();
    const first = await openApp(server, { phone, url: `/task/${task.id}` });
    await screen.findByText("Contract");
    server.offline = true;
    await press(/^Due date/);
    await choose("Tomorrow");
    expect(await screen.findByText("Waits to be sent")).toBeOnTheScreen();
    first.kill();

    server.tasks.act(anna, task.id, [{ op: "set", field: "due", value: dayFromNow(9) }]);
    server.offline = false;
    const second = await openApp(server, { phone, userId: null, url: `/task/${task.id}` });
    await screen.findByRole("button", { name: "Keep mine" });
    // The question stands on this page: nothing else raises the alarm.
    expect(screen.queryByText(/needs your decision/)).toBeNull();
    second.kill();

    await openApp(server, { phone, userId: null, url: "/" });
    await press(/^1 change needs your decision/);
    await press("Keep mine");
    await waitFor(() => expect(server.tasks.get(task.id).due).toEqual(dayFromNow(1)));
    await gone(() => screen.queryByRole("button", { name: "Keep mine" }));
  });

  it("changed by two are joined, which is said once no sheet is in the way", async () => {
    const { server, room } = world();
    const task = server.tasks.open(ivan, room, { title: "Contract", assignee: anna });
    const { client } = await openApp(server, { url: `/task/${task.id}` });
    await screen.findByText("Contract");
    server.offline = true;
    await press(`Status of ${task.key}: Open`);
    await choose("In progress");
    await screen.findByText("Waits to be sent");
    await press(`Status of ${task.key}: In progress`);
    server.tasks.act(ivan, task.id, [{ op: "set", field: "title", value: "The contract" }]);
    server.offline = false;
    await happens(() => client?.sync.retryNow());
    await waitFor(() => expect(server.tasks.get(task.id).status).toBe("in_progress"));
    await waitFor(() => expect(client?.tasks.outbox.entries.getSnapshot()).toEqual([]));
    expect(screen.queryByText(/your change was joined/)).toBeNull();
    const [close] = screen.getAllByRole("button", { name: "Close" }).slice(-1);
    await happens(() => void (close !== undefined && fireEvent.press(close)));
    // The key does not break at its hyphen.
    expect(await screen.findByText(/^OPS\u20111: your change was joined/)).toBeOnTheScreen();
  });

  it("say when their service does not answer, and the chat goes on", async () => {
    const { server, room } = world();
    server.tasks.open(ivan, room, { title: "Contract", assignee: anna });
    const { client } = await openApp(server, { url: "/tasks" });
    await screen.findByText("Contract");
    server.tasks.down = true;
    await happens(async () => {
      await client?.tasks.quickAdd("x").catch(() => undefined);
    });
    expect(await screen.findByText(/The tasks service does not answer/)).toBeOnTheScreen();
    expect(screen.getByText("Contract")).toBeOnTheScreen();
  });
});
