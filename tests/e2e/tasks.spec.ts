import type { Person } from "./harness/person.ts";
import { card, column, inDays, keyOf, makeTask, newTask, openMyTasks, openPanel, openTasksOfRoom, setStatus, taskItem, tokenOf } from "./harness/taskwork.ts";
import { expect, test } from "./harness/test.ts";

/** The administrator makes Olga a manager to whom Ivan reports. */
async function organise(admin: Person): Promise<void> {
  await admin.page.getByRole("button", { name: "Account of admin" }).click();
  await admin.page.getByRole("menuitem", { name: "Organisation" }).click();
  const row = (name: string) => admin.page.getByRole("listitem", { name, exact: true });
  await row("Olga Petrova").getByLabel("Role").selectOption("Manager");
  await expect(admin.page.getByText("Saved").first()).toBeVisible();
  await row("Ivan Sidorov").getByLabel("Reports to").selectOption("Olga Petrova");
  await expect(row("Ivan Sidorov").getByLabel("Reports to")).toHaveValue(/^@olga:/);
  await admin.page.reload();
  await expect(row("Ivan Sidorov").getByLabel("Reports to")).toHaveValue(/^@olga:/);
  await expect(row("Olga Petrova").getByLabel("Role")).toHaveValue("manager");
}

test("a message becomes a task: the manager gives it, he starts and completes it, and she sees it live", async ({ team, enter, server }) => {
  await organise(await enter(team.admin));
  const [olga, ivan] = [await enter(team.olga), await enter(team.ivan)];
  await olga.newRoom("Contracts", ivan);
  await ivan.accept("Contracts");
  const title = "The contract with Tallinn has to be signed";
  await ivan.say(title);

  await makeTask(olga, title, { assignee: "Ivan Sidorov", due: inDays(1) });
  const key = await keyOf(olga, title);
  await expect(olga.message(title).getByRole("button", { name: `Open task ${key} · Open` })).toBeVisible();

  // Ivan gets the notice where he is.
  await expect(card(ivan, title)).toContainText("Ivan Sidorov");
  await ivan.rooms.getByRole("link", { name: /^Notifications, \d+ unread/ }).click();
  await ivan.page.getByRole("button", { name: `Unread: Olga Petrova assigned you ${key} ${title}` }).click();
  await expect(ivan.panel.getByRole("heading", { level: 3, name: title })).toBeVisible();
  await expect(ivan.panel.getByText("Tomorrow")).toBeVisible();

  await openPanel(olga, title);
  await setStatus(ivan.panel, "In progress");
  for (const place of [card(olga, title), olga.panel]) {
    await expect(place.getByRole("button", { name: `Status of ${key}: In progress` })).toBeVisible();
  }
  await expect(olga.timeline.getByText(`Ivan Sidorov: ${key}, Open → In progress`)).toBeVisible();
  await openTasksOfRoom(olga, "Board");
  await expect(column(olga, "In progress").getByText(title)).toBeVisible();
  await expect(taskItem(ivan, title)).toBeVisible();
  await setStatus(ivan.panel, "Done");
  await expect(column(olga, "Done").getByText(title)).toBeVisible();
  await expect(taskItem(ivan, title)).toHaveCount(0);
  await olga.open("Contracts");
  await expect(olga.timeline.getByText(`Ivan Sidorov: ${key}, In progress → Done`)).toBeVisible();

  // He may not retitle it: there is no field for it, and the service would refuse.
  await expect(ivan.panel.getByLabel("Title")).toHaveCount(0);
  await expect(ivan.panel.getByLabel("Due date")).toHaveCount(0);
  const refused = await fetch(`${server.address}/v1/tasks/${key}`, {
    method: "PATCH",
    headers: { Authorization: `Bearer ${await tokenOf(server, team.ivan)}`, "Content-Type": "application/json" },
    body: JSON.stringify({ title: "Something else" }),
  });
  expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([403, "forbidden"]);

  // Upwards he can only ask; she declines, and he reads why.
  await ivan.open("Contracts");
  await ivan.say("Somebody has to call their lawyer");
  await makeTask(ivan, "call their lawyer", { assignee: "Ask Olga Petrova" });
  const asked = "Somebody has to call their lawyer";
  await expect(card(ivan, asked)).toContainText("Waits for an answer: Olga Petrova");
  await openMyTasks(olga);
  const requests = olga.page.getByRole("region", { name: "Requests" });
  await requests.getByRole("listitem").filter({ hasText: asked }).getByRole("button", { name: "Decline" }).click();
  await olga.page.getByRole("dialog").getByLabel("Reason").fill("She is on holiday until Monday");
  await olga.page.getByRole("dialog").getByRole("button", { name: "Decline" }).click();
  await expect(requests).toBeHidden();
  await expect(ivan.timeline.getByRole("button", { name: /^Olga Petrova declined .*: She is on holiday until Monday$/ })).toBeVisible();
  await openPanel(ivan, asked);
  await expect(ivan.panel.getByText("Declined: She is on holiday until Monday")).toBeVisible();
});

test("what the room's creator forges changes nothing", async ({ team, enter, server }) => {
  const olga = await enter(team.olga);
  await olga.newRoom("Mint");
  await olga.say("Print more money");
  await makeTask(olga, "Print more money", { assignee: "Olga Petrova (you)" });
  await keyOf(olga, "Print more money");
  const room = encodeURIComponent(decodeURIComponent(/room\/([^/]+)/.exec(olga.page.url())?.[1] ?? ""));
  const call = async (method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> => {
    const headers = { Authorization: `Bearer ${await tokenOf(server, team.olga)}`, "Content-Type": "application/json" };
    const answer = await fetch(server.address + path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    return { status: answer.status, body: await answer.json() };
  };
  const relations = `/_matrix/client/v3/rooms/${room}/messages?dir=b&limit=20`;
  interface Event {
    type: string;
    event_id: string;
    content: Record<string, unknown>;
  }
  const { chunk } = (await call("GET", relations)).body as { chunk: Event[] };
  const root = chunk.find(({ type }) => type === "org.teammessenger.task");
  const snapshot = root?.content["org.teammessenger.task"] as Record<string, unknown>;
  const change = root?.content["org.teammessenger.change"] as Record<string, unknown>;
  const forged = { ...snapshot, rev: 9, title: "Forged title" };
  const send = (txn: string, content: unknown) => call("PUT", `/_matrix/client/v3/rooms/${room}/send/org.teammessenger.task/${txn}`, content);
  const update = {
    "m.relates_to": { rel_type: "m.replace", event_id: root?.event_id },
    "m.new_content": { "org.teammessenger.task": forged },
    "org.teammessenger.change": { ...change, rev: 9, prev_rev: 8 },
  };
  expect((await send("forged-1", update)).status).toBe(200);
  const other = { ...forged, task_id: "00000000-0000-4000-8000-000000000001", key: "MINT-66" };
  expect((await send("forged-2", { ...root?.content, "org.teammessenger.task": other })).status).toBe(200);

  await olga.say("Did that change anything?");
  await expect(card(olga, "Print more money")).toBeVisible();
  await openTasksOfRoom(olga, "Board");
  await expect(taskItem(olga, "Print more money")).toBeVisible();
  await olga.page.reload();
  await expect(taskItem(olga, "Print more money")).toBeVisible();
  await olga.open("Mint");
  await expect(olga.message("Did that change anything?")).toBeVisible();
  for (const nothing of ["Forged title", "MINT-66"]) await expect(olga.page.getByText(nothing)).toHaveCount(0);
  await expect(olga.timeline.getByRole("article", { name: /^Task / })).toHaveCount(1);
});

test("a line becomes a task: of my own, or in a room with a preview", async ({ team, enter }) => {
  const [olga, ivan] = [await enter(team.olga), await enter(team.ivan)];
  await openMyTasks(olga);
  const field = olga.page.getByRole("textbox", { name: "New task" });
  await field.fill("Water the plants tomorrow !high");
  await expect(olga.page.getByRole("status", { name: "Task" })).toContainText("Water the plants");
  await field.press("Enter");
  await expect(field).toHaveValue("");
  const mine = olga.page.getByRole("region", { name: "Upcoming" }).getByRole("listitem").filter({ hasText: "Water the plants" });
  await expect(mine).toContainText("Tomorrow");
  await expect(mine).toContainText("High");
  await expect(mine).toContainText(/MY[A-Z0-9]*-\d+/);
  await setStatus(mine, "Done");
  await expect(mine).toBeHidden();

  await olga.newRoom("Print shop", ivan);
  await ivan.accept("Print shop");
  await olga.composer.fill("/task Order new cards @ivan tomorrow 15:00 !urgent");
  const preview = olga.page.getByRole("status", { name: "Task" });
  for (const part of ["Order new cards", "@Ivan Sidorov", "15:00", "Urgent"]) await expect(preview).toContainText(part);
  await olga.composer.press("Enter");
  await expect(olga.composer).toHaveValue("");
  for (const person of [olga, ivan]) await expect(card(person, "Order new cards")).toContainText("Tomorrow, 15:00");
  await expect(olga.message("/task")).toHaveCount(0);
});

test("on the board cards are carried by mouse, by keys and by their menu; the list narrows down and changes many", async ({ team, enter }) => {
  const [olga, ivan] = [await enter(team.olga), await enter(team.ivan)];
  await olga.newRoom("Workshop", ivan);
  await ivan.accept("Workshop");
  await openTasksOfRoom(olga, "Board");
  for (const title of ["Saw", "Plane", "Glue"]) await newTask(olga, { title });
  for (const title of ["Saw", "Plane", "Glue"]) await expect(column(olga, "Open").getByRole("listitem").filter({ hasText: title })).toContainText(/-\d/);

  // By mouse.
  const grip = column(olga, "Open").getByRole("listitem").filter({ hasText: "Saw" }).getByRole("button", { name: /^Carry/ });
  const [from, to] = [await grip.boundingBox(), await column(olga, "In progress").boundingBox()];
  if (from === null || to === null) throw new Error("The board is not there");
  await olga.page.mouse.move(from.x + 5, from.y + 5);
  await olga.page.mouse.down();
  await olga.page.mouse.move(to.x + 100, to.y + 60, { steps: 8 });
  await olga.page.mouse.up();
  await expect(column(olga, "In progress").getByText("Saw")).toBeVisible();

  // By keys: Space lifts, an arrow carries, Space puts down.
  const keys = olga.page.keyboard;
  await column(olga, "Open").getByRole("listitem").filter({ hasText: "Plane" }).getByRole("button", { name: /^Carry/ }).focus();
  await keys.press("Space");
  await expect(olga.page.getByText(/ (lifted|is above Open)$/)).toBeAttached();
  await keys.press("ArrowRight");
  await expect(olga.page.getByText(/is above In progress$/)).toBeAttached();
  await keys.press("Space");
  await expect(column(olga, "In progress").getByText("Plane")).toBeVisible();

  // By its menu, in both windows.
  await column(olga, "Open").getByRole("button", { name: /^Move / }).click();
  await olga.page.getByRole("menuitem", { name: "Done" }).click();
  await openTasksOfRoom(ivan, "Board");
  await expect(column(ivan, "Done").getByText("Glue")).toBeVisible();
  await expect(column(ivan, "In progress").getByRole("listitem")).toHaveCount(2);

  await olga.page.getByRole("radio", { name: "List" }).click();
  await expect(taskItem(olga, "Saw")).toBeVisible();
  await expect(taskItem(olga, "Glue")).toHaveCount(0); // open ones only, to begin with
  const filters = olga.page.getByRole("search", { name: "Filters" });
  await filters.getByLabel("Find a task").fill("saw");
  await expect(taskItem(olga, "Plane")).toHaveCount(0);
  await filters.getByLabel("Find a task").fill("");

  // Keys: j to the first, x selects it, j to the second, x.
  await expect(taskItem(olga, "Plane")).toBeVisible();
  await olga.page.getByRole("heading", { level: 1, name: "Tasks" }).click();
  for (const key of ["j", "x", "j", "x"]) await keys.press(key);
  const bulk = olga.page.getByRole("toolbar", { name: "Change the selected tasks" });
  await expect(bulk).toContainText("2 selected");
  await bulk.getByLabel("Assignee").selectOption("Ivan Sidorov");
  for (const title of ["Saw", "Plane"]) await expect(taskItem(olga, title)).toContainText("Ivan Sidorov");
  await filters.getByLabel("Assignee").selectOption("Nobody");
  await expect(olga.page.getByText("No tasks fit these filters")).toBeVisible();
  await filters.getByLabel("Status").selectOption("Done");
  await expect(taskItem(olga, "Glue")).toBeVisible();
});

test("the rules of a room's tasks are saved, hold for its new tasks and for others, and are there again after a reload", async ({ team, enter, server }) => {
  const [olga, ivan] = [await enter(team.olga), await enter(team.ivan)];
  await olga.newRoom("Lawyers", ivan);
  await ivan.accept("Lawyers");
  await olga.say("Read the lease");
  await makeTask(olga, "Read the lease", { assignee: "Ivan Sidorov" });
  expect(await keyOf(olga, "Read the lease")).not.toMatch(/^LAW-/);
  await openTasksOfRoom(ivan, "Board");
  await expect(column(ivan, "In progress")).toBeVisible();

  const openRules = async () => {
    await olga.page.getByRole("button", { name: "Task settings" }).click();
    return olga.page.getByRole("dialog", { name: "Tasks of the room" });
  };
  await olga.page.getByRole("button", { name: "Room settings" }).click();
  const rules = await openRules();
  await rules.getByLabel("Prefix of keys").fill("law");
  await rules.getByRole("button", { name: "New label" }).click();
  await rules.getByRole("listitem", { name: "New label" }).getByLabel("In English").fill("Needs money");
  await rules.getByRole("button", { name: "New status" }).click();
  await rules.getByRole("listitem", { name: "New status" }).getByLabel("In English").fill("With the notary");
  await rules.getByRole("button", { name: "Save" }).click();
  await expect(rules).toBeHidden();

  // Ivan has the new column where he is. A new task has the new prefix, and the service lets him use the new status.
  await expect(column(ivan, "With the notary")).toBeVisible();
  await olga.say("Sign the lease");
  await makeTask(olga, "Sign the lease", { assignee: "Ivan Sidorov" });
  expect(await keyOf(olga, "Sign the lease")).toMatch(/^LAW-\d+$/);
  await openPanel(ivan, "Sign the lease");
  await setStatus(ivan.panel, "With the notary");
  await expect(column(ivan, "With the notary").getByText("Sign the lease")).toBeVisible();
  await expect(card(olga, "Sign the lease").getByRole("button", { name: /^Status of LAW-.*: With the notary$/ })).toBeVisible();

  const room = encodeURIComponent(decodeURIComponent(/room\/([^/]+)/.exec(olga.page.url())?.[1] ?? ""));
  const answer = await fetch(`${server.address}/v1/rooms/${room}/tasks-config`, {
    headers: { Authorization: `Bearer ${await tokenOf(server, team.ivan)}` },
  });
  const saved = (await answer.json()) as { config: { prefix: string }; labels: { id: string }[] };
  expect([answer.status, saved.config.prefix, saved.labels.map(({ id }) => id)]).toEqual([200, "LAW", ["needs_money"]]);

  await olga.page.reload();
  await expect(olga.composer).toBeVisible();
  const again = await openRules();
  await expect(again.getByLabel("Prefix of keys")).toHaveValue("LAW");
  await expect(again.getByRole("listitem", { name: "With the notary" })).toBeVisible();
  await expect(again.getByRole("button", { name: "Save" })).toBeDisabled();
});
