// The Worker in a real workerd.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { rm } from "node:fs/promises";
import { test } from "node:test";
import { damage, folder, onObjects, start } from "../hosts/worker.mjs";
import { inline, knowledgeScenarios, missingKnowledge } from "./knowledge.mjs";
import { SESSIONS, full, missing, outputs, scenarios } from "./scenarios.mjs";

scenarios({ start, folder, damage });
knowledgeScenarios({ start, folder, damage, mostBytes: 4 * 1024 * 1024 });

test("what is not there leaves nothing behind", async () => {
  const storage = await folder();
  const worker = await start({ storage });
  assert.equal((await worker.ask("GET", `${SESSIONS}/nobody`)).status, 404);
  assert.equal((await worker.ask("POST", `${SESSIONS}/nobody/evaluate`, outputs)).status, 404);
  assert.equal((await worker.ask("GET", `${SESSIONS}/${"x".repeat(500)}`)).status, 404);
  assert.equal((await worker.ask("POST", SESSIONS, { config: { max_cycles: 0 } })).status, 400);
  assert.equal((await worker.ask("GET", SESSIONS)).status, 405);
  assert.equal((await worker.ask("GET", "/v1/rules")).status, 200);
  assert.equal((await worker.ask("GET", "/v1/rules/nothing")).status, 404);
  assert.equal((await worker.ask("PUT", "/v1/rules/nothing", { sources: ["p("] })).status, 422);
  assert.equal((await worker.ask("POST", "/query", { query: "p(x)" })).status, 404);
  assert.equal((await worker.ask("POST", "/query", inline)).status, 200);
  assert.equal((await worker.ask("GET", "/health")).json.status, "healthy");
  assert.equal((await worker.ask("GET", "/nowhere")).status, 404);
  assert.ok((await worker.ask("GET", "/nowhere")).headers.get("x-request-id"));
  await worker.stop();
  assert.deepEqual(await onObjects(storage, "SELECT name FROM sqlite_master WHERE name IN ('session', 'part')"), []);
  await rm(storage, { recursive: true });
});

test("of a session that was deleted, its events are left", async () => {
  const storage = await folder();
  const worker = await start({ storage });
  const { location } = await worker.ask("POST", SESSIONS, {});
  const deleted = await worker.ask("DELETE", location);
  assert.equal(deleted.status, 204);
  assert.equal(deleted.headers.get("x-decision-id"), `${location.split("/").at(-1)}.1`);
  assert.equal((await worker.ask("DELETE", location)).status, 404);
  assert.equal((await worker.ask("POST", `${location}/evaluate`, outputs)).status, 404);
  await worker.stop();
  assert.deepEqual(await onObjects(storage, "SELECT content || sequence FROM part ORDER BY sequence"), ["event0", "event1"]);
  await rm(storage, { recursive: true });
});

test("a Worker without its objects says so", async () => {
  const worker = await start({ objectless: true });
  await missing(worker, /SESSIONS/);
  await missingKnowledge(worker, /KNOWLEDGE/);
  await worker.stop();
});

test("a number in the manifest is a number", async () => {
  const worker = await start({ variables: { ASSIZE_MAX_BODY_BYTES: 50 } });
  assert.equal((await worker.ask("POST", "/evaluate", outputs)).status, 413);
  await worker.stop();
});

test("a request keeps a good name, and never gets its session's", async () => {
  const worker = await start();
  const { location } = await worker.ask("POST", SESSIONS, {});
  const named = async (name) => (await worker.request("GET", location, { headers: { "x-request-id": name } })).headers.get("x-request-id");
  assert.equal(await named("mine-1"), "mine-1");
  for (const name of ["with a space", "x".repeat(200)]) {
    const given = await named(name);
    assert.notEqual(given, name);
    assert.ok(!location.includes(given), given);
  }
  await worker.stop();
});

const mount = (storage) => {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=3m", "tmpfs", storage], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

test("a disk without room says so", async (context) => {
  const storage = await folder();
  if (!mount(storage)) return context.skip("this user may not mount a small disk");
  try {
    const worker = await start({ storage });
    // Not even deleting is possible on a disk without a byte: SQLite writes before it frees.
    await full(worker);
    await worker.stop();
  } finally {
    execFileSync("umount", ["--lazy", storage]);
    await rm(storage, { recursive: true });
  }
});

test("a question with more than a body may have is refused, also without a length", async () => {
  const worker = await start({ variables: { ASSIZE_MAX_BODY_BYTES: "200" } });
  const text = JSON.stringify({ ...inline, sources: [`p(1). # ${"x".repeat(300)}`] });
  const stream = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(text));
      controller.close();
    },
  });
  const headers = { "content-type": "application/json" };
  const streamed = await fetch(`${worker.address}/query`, { method: "POST", headers, body: stream, duplex: "half" });
  const whole = await worker.request("POST", "/query", { headers, text });
  assert.deepEqual([streamed.status, whole.status], [413, 413]);
  assert.equal(await streamed.text(), whole.text);
  assert.equal((await worker.ask("POST", "/query", { query: "p(x)", sources: ["p(1)."] })).status, 200);
  await worker.stop();
});
