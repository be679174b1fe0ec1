import { Service } from "./service.ts";
import { expect, test } from "./test.ts";

test("tasks on the phone: accepted, begun, talked about, done; declined with a reason", async ({ team, server, take }) => {
  const olga = await Service.signIn(server.address, team.olga);
  const ivan = await Service.signIn(server.address, team.ivan);
  const roomId = await olga.newRoom("Office", [ivan]);
  await olga.call("POST", "/v1/tasks", { room_id: roomId, title: "Send the contract", assigned_to: ivan.userId });
  await ivan.call("POST", "/v1/tasks", { room_id: roomId, title: "Sign the contract", assigned_to: olga.userId });
  for (const title of ["Paint the fence", "Water the plants"]) {
    await ivan.call("POST", "/v1/tasks", { room_id: roomId, title, assigned_to: olga.userId, request: true });
  }

  const phone = await take(team.olga);
  await phone.openTasks();
  await expect(phone.task("Send the contract")).toBeVisible();
  await phone.fits();

  await phone.task("Paint the fence").getByRole("button", { name: "Decline" }).tap();
  const why = phone.sheet("Decline the task");
  await why.getByLabel("Reason").fill("I am on holiday");
  await why.getByRole("button", { name: "Decline" }).tap();
  await expect.poll(async () => (await ivan.task("Paint the fence"))["assignment"]).toMatchObject({ state: "declined", reason: "I am on holiday" });

  await phone.task("Water the plants").getByRole("button", { name: "Accept" }).tap();
  await expect.poll(async () => (await ivan.task("Water the plants"))["assignment"]).toMatchObject({ state: "active" });

  await phone.openTask("Sign the contract");
  await phone.fits();
  await phone.move("Open", "In progress");
  await expect.poll(async () => (await ivan.task("Sign the contract"))["status"]).toBe("in_progress");
  await phone.tab("Comments").tap();
  await phone.page.getByRole("textbox", { name: "Reply in the thread" }).fill("Where is my pen?");
  await phone.button("Send message").tap();
  await expect(phone.message("Where is my pen?")).toBeVisible();
  await expect.poll(async () => (await ivan.comments("Sign the contract")).map(({ body }) => body)).toContain("Where is my pen?");

  // What Ivan does is seen at once.
  await ivan.setStatus("Sign the contract", "done");
  await phone.tab("Details").tap();
  await expect(phone.button(/^Status of .*: Done$/)).toBeVisible();
});

test("a task that the room's creator forges is shown nowhere", async ({ team, server, take }) => {
  const olga = await Service.signIn(server.address, team.olga);
  const roomId = await olga.newRoom("Forge", []);
  await olga.call("POST", "/v1/tasks", { room_id: roomId, title: "A real task", assigned_to: olga.userId });
  const real = await olga.task("A real task");
  const events = await olga.call("GET", `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/event/${encodeURIComponent(String(real["event_id"]))}`);
  const content = structuredClone(events["content"]) as Record<string, Record<string, unknown>>;
  Object.assign(content["org.teammessenger.task"] ?? {}, { task_id: crypto.randomUUID(), key: "FORGE-99", title: "A forged task" });
  await olga.call("PUT", `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/org.teammessenger.task/forged`, content);
  const change = { rev: 2, prev_rev: 1, actor: olga.userId, at: Date.now(), diff: [{ field: "title", from: "A real task", to: "A forged title" }] };
  const snapshot = { ...(events["content"] as Record<string, object>)["org.teammessenger.task"], rev: 2, title: "A forged title" };
  await olga.call("PUT", `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/org.teammessenger.task/forged-update`, {
    "m.relates_to": { rel_type: "m.replace", event_id: real["event_id"] },
    "m.new_content": { "org.teammessenger.task": snapshot, "m.text": [] },
    "org.teammessenger.task": snapshot,
    "org.teammessenger.change": change,
    "m.text": [],
  });
  await olga.call("PUT", `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/m.room.message/said`, { msgtype: "m.text", body: "Afterwards" });

  const phone = await take(team.olga);
  await phone.open("Forge");
  await expect(phone.message("Afterwards")).toBeVisible();
  await expect(phone.timeline.getByText("A real task")).toBeVisible();
  await expect(phone.page.getByText(/forged/)).toHaveCount(0);
  await phone.back();
  await phone.openTasks();
  await expect(phone.task("A real task")).toBeVisible();
  await expect(phone.page.getByText(/forged/)).toHaveCount(0);
});
