import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { preferences } from "../../platform/preferences";
import { anna, FakeServer, ivan, openApp, roomHash } from "../../test/app";

function world() {
  const server = new FakeServer();
  const room = server.home.room([anna, ivan], { name: "Ops" });
  server.tasks.setUp(room);
  return { server, room };
}

describe("tasks", () => {
  it("are nowhere to be seen without a service", async () => {
    const server = new FakeServer();
    const room = server.home.room([anna, ivan], { name: "Ops" });
    await openApp(server, { hash: roomHash(room.roomId) });
    await screen.findByRole("heading", { level: 1, name: "Ops" });
    expect(screen.queryByRole("link", { name: "My tasks" })).not.toBeInTheDocument();
    expect(screen.queryByRole("button", { name: "Set up tasks" })).not.toBeInTheDocument();
  });

  it("are made from a message with the key t, and the message carries a badge", async () => {
    const { server, room } = world();
    server.home.say(room, ivan, "send the contract\nby Friday");
    const { user } = await openApp(server, { hash: roomHash(room.roomId) });
    const message = await screen.findByRole("article", { name: /Message from Ivan/ });
    await screen.findByRole("button", { name: "Tasks" });
    message.focus();
    await user.keyboard("t");
    const dialog = await screen.findByRole("dialog", { name: "Make a task" });
    expect(within(dialog).getByLabelText("Title")).toHaveValue("send the contract");
    await user.selectOptions(within(dialog).getByLabelText("Assignee"), ivan);
    await user.click(within(dialog).getByRole("button", { name: "Create task" }));
    expect(await screen.findByRole("article", { name: "Task OPS-1" })).toBeVisible();
    expect(await within(message).findByRole("button", { name: "Open task OPS-1 · Open" })).toBeVisible();
  });

  it("show in the panel only the controls that one may use", async () => {
    const { server, room } = world();
    const task = server.tasks.open(anna, room, { title: "Contract", assignee: ivan });
    const { user } = await openApp(server, { userId: ivan, hash: roomHash(room.roomId) });
    await user.click(await screen.findByRole("button", { name: `Open task ${task.key}: Contract` }));
    const panel = await screen.findByRole("complementary", { name: "Side panel" });
    expect(await within(panel).findByRole("heading", { level: 3, name: "Contract" })).toBeVisible();
    expect(within(panel).queryByLabelText("Title")).not.toBeInTheDocument();
    await user.click(within(panel).getByRole("button", { name: `Status of ${task.key}: Open` }));
    await user.click(await screen.findByRole("menuitem", { name: "In progress" }));
    await waitFor(() => expect(server.tasks.get(task.id).status).toBe("in_progress"));
    expect(await within(panel).findByRole("button", { name: `Status of ${task.key}: In progress` })).toBeVisible();
  });

  it("that are requests wait in My tasks for an answer", async () => {
    const { server, room } = world();
    server.tasks.assigning = "request";
    const task = server.tasks.open(ivan, room, { title: "Review the plan", assignee: anna });
    const { user } = await openApp(server, { hash: "#/tasks" });
    const requests = await screen.findByRole("region", { name: "Requests" });
    await user.click(within(requests).getByRole("button", { name: "Decline" }));
    await user.type(await screen.findByLabelText("Reason"), "on holiday");
    await user.click(within(screen.getByRole("dialog")).getByRole("button", { name: "Decline" }));
    await waitFor(() => expect(server.tasks.get(task.id).assignment).toMatchObject({ state: "declined", reason: "on holiday" }));
  });

  it("whose status changed say to which, where one is told", async () => {
    const { server, room } = world();
    const { id } = server.tasks.open(anna, room, { title: "Contract", assignee: ivan });
    server.tasks.notify(anna, "status", server.tasks.act(ivan, id, [{ op: "transition", to: "in_progress" }]), ivan);
    await openApp(server, { hash: "#/inbox" });
    expect(await screen.findByRole("button", { name: /OPS-1 Contract → In progress/ })).toBeVisible();
  });

  it("stand on a board, and move by their menu", async () => {
    const { server, room } = world();
    const task = server.tasks.open(anna, room, { title: "Contract" });
    const { user } = await openApp(server, { hash: roomHash(room.roomId) });
    await user.click(await screen.findByRole("button", { name: "Tasks" }));
    const column = await screen.findByRole("region", { name: "Open" }, { timeout: 5000 });
    await user.click(await within(column).findByRole("button", { name: `Move ${task.key}` }));
    await user.click(await screen.findByRole("menuitem", { name: "Done" }));
    const done = screen.getByRole("region", { name: "Done" });
    expect(await within(done).findByRole("button", { name: `Open task ${task.key}: Contract` })).toBeVisible();
    await waitFor(() => expect(server.tasks.get(task.id).status).toBe("done"));
  });

  it("are narrowed down in the list, and changed together", async () => {
    const { server, room } = world();
    const one = server.tasks.open(anna, room, { title: "Contract", assignee: ivan });
    server.tasks.open(anna, room, { title: "Budget" });
    const { user } = await openApp(server, { hash: `#/list/${encodeURIComponent(room.roomId)}` });
    expect(await screen.findByRole("button", { name: /Budget/ }, { timeout: 5000 })).toBeVisible();
    await user.selectOptions(screen.getByLabelText("Assignee"), ivan);
    await waitFor(() => expect(screen.queryByRole("button", { name: /Budget/ })).not.toBeInTheDocument());
    await user.click(screen.getByRole("checkbox", { name: `Select ${one.key}` }));
    await user.selectOptions(within(screen.getByRole("toolbar", { name: "Change the selected tasks" })).getByLabelText("Priority"), "urgent");
    await waitFor(() => expect(server.tasks.get(one.id).priority).toBe("urgent"));
  });

  it("that two changed at the same time show both sides, and one decides", async () => {
    const { server, room } = world();
    const task = server.tasks.open(anna, room, { title: "Contract" });
    const { user } = await openApp(server, { hash: `#/board/${encodeURIComponent(room.roomId)}/${task.id}` });
    const panel = await screen.findByRole("complementary", { name: "Side panel" }, { timeout: 5000 });
    const title = await within(panel).findByLabelText("Title");
    server.tasks.down = true;
    await user.clear(title);
    await user.type(title, "Lease");
    await user.click(within(panel).getByRole("button", { name: "Save: Title" }));
    await screen.findByText(/The tasks service does not answer/, undefined, { timeout: 5000 });
    server.tasks.act(anna, task.id, [{ op: "set", field: "title", value: "Agreement" }]);
    server.tasks.down = false;
    await user.click(screen.getByRole("button", { name: "Try now" }));
    await user.click((await screen.findAllByRole("button", { name: "Decide" }, { timeout: 5000 }))[0]!);
    const sides = await screen.findByRole("group", { name: "Title" });
    expect(sides).toHaveTextContent(/Lease.*Agreement/);
    await user.click(within(sides).getByRole("button", { name: "Edit…" }));
    await user.clear(within(sides).getByLabelText("Title"));
    await user.type(within(sides).getByLabelText("Title"), "Lease agreement");
    await user.click(within(sides).getByRole("button", { name: "Use this" }));
    await waitFor(() => expect(server.tasks.get(task.id).title).toBe("Lease agreement"));
    await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
  });

  it("are walked through, selected and completed by single keys, unless these are switched off", async () => {
    const { server, room } = world();
    const one = server.tasks.open(anna, room, { title: "Contract" });
    const { user } = await openApp(server, { hash: `#/list/${encodeURIComponent(room.roomId)}` });
    const first = await screen.findByRole("button", { name: `Open task ${one.key}: Contract` }, { timeout: 5000 });
    await user.keyboard("j");
    expect(first).toHaveFocus();
    await user.keyboard("x");
    expect(screen.getByRole("checkbox", { name: `Select ${one.key}` })).toBeChecked();
    await user.keyboard("/");
    expect(screen.getByLabelText("Find a task")).toHaveFocus();
    await user.keyboard("e{Backspace}");
    expect(server.tasks.get(one.id).status).toBe("open");
    const title = () => screen.getByRole("button", { name: `Open task ${one.key}: Contract` });
    title().focus();
    await user.keyboard("d");
    const panel = await screen.findByRole("complementary", { name: "Side panel" }, { timeout: 5000 });
    await waitFor(() => expect(within(panel).getByLabelText("Due date")).toHaveFocus(), { timeout: 3000 });
    preferences.change({ singleKeys: false });
    title().focus();
    await user.keyboard("e");
    preferences.change({ singleKeys: true });
    expect(server.tasks.get(one.id).status).toBe("open");
    title().focus();
    await user.keyboard("e");
    await waitFor(() => expect(server.tasks.get(one.id).status).toBe("done"));
  });

  it("say that the service is away, while chat goes on", async () => {
    const { server, room } = world();
    server.tasks.down = true;
    server.home.say(room, ivan, "hello");
    await openApp(server, { hash: roomHash(room.roomId) });
    expect(await screen.findByText(/The tasks service does not answer/, undefined, { timeout: 5000 })).toBeVisible();
    expect(await screen.findByText("hello")).toBeVisible();
  });

  it("have rules that are changed among the room's settings: only what differs is sent", async () => {
    const { server, room } = world();
    const { user } = await openApp(server, { hash: `${roomHash(room.roomId)}/info` });
    await user.click(await screen.findByRole("button", { name: "Task settings" }));
    const dialog = await screen.findByRole("dialog", { name: "Tasks of the room" });
    const save = within(dialog).getByRole("button", { name: "Save" });
    expect(save).toBeDisabled();
    await user.click(within(dialog).getByRole("button", { name: "New label" }));
    const label = within(dialog).getByRole("listitem", { name: "New label" });
    expect(save).toBeDisabled();
    await user.type(within(label).getByLabelText("In English"), "Needs money");
    await user.selectOptions(within(dialog).getByLabelText("Who opens tasks"), "Managers");
    await user.click(save);
    await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
    const [put] = server.callsTo(/PUT .*tasks-config/);
    expect(put?.body).toEqual({ create: "manager", labels: [{ id: "needs_money", name: { en: "Needs money" }, color: "#0b7466" }] });
  });

  it("have rules that are not offered to those who may not change them", async () => {
    const { server, room } = world();
    server.tasks.configurable = false;
    await openApp(server, { hash: `${roomHash(room.roomId)}/info` });
    await screen.findByRole("button", { name: "Leave the room" });
    await waitFor(() => expect(server.callsTo(/GET .*tasks-config/)).not.toHaveLength(0));
    expect(screen.queryByRole("button", { name: "Task settings" })).not.toBeInTheDocument();
  });

  it("have no board where the room knows none, and the way to have some", async () => {
    const server = new FakeServer();
    const room = server.home.room([anna, ivan], { name: "Ops" });
    server.tasks.setUp(server.home.room([anna], { name: "Elsewhere" }));
    const { user } = await openApp(server, { hash: `#/board/${encodeURIComponent(room.roomId)}` });
    await screen.findByText("There are no tasks in this room yet");
    expect(screen.queryByRole("region", { name: "Open" })).not.toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Set up tasks" }));
    expect(await screen.findByRole("dialog", { name: "Tasks in this room" })).toBeVisible();
  });
});
