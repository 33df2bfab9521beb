// The Worker: durable, one change at a time, and told apart from what is not there.
import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { start } from "./runtime.mjs";

const SESSIONS = "/v1/governor/sessions";
const side = (output) => ({ output, confidence: 0.9 });
const outputs = { left: side("a b c"), right: side("a b d") };
const config = { max_cycles: 1000, quality_improvement_threshold: 0, initial_contradiction_budget: 1000 };

test("every acknowledged cycle is there after the runtime was stopped and started", async () => {
  const storage = await mkdtemp(join(tmpdir(), "worker-"));
  let worker = await start(storage);
  const { status, location } = await worker.ask("POST", SESSIONS, { config });
  assert.equal(status, 201);
  for (let cycle = 1; cycle <= 20; cycle += 1) {
    const answer = await worker.ask("POST", `${location}/evaluate`, outputs);
    assert.equal(answer.json.cycle, cycle);
    if (cycle % 7 === 0) {
      await worker.stop();
      worker = await start(storage);
    }
  }
  assert.equal((await worker.ask("GET", `${location}/audit`)).json.total_cycles, 20);

  // The next answer is what it would have been.
  const undisturbed = await worker.ask("POST", SESSIONS, { config });
  for (let cycle = 1; cycle <= 20; cycle += 1) await worker.ask("POST", `${undisturbed.location}/evaluate`, outputs);
  const next = async (path) => (await worker.ask("POST", `${path}/evaluate`, outputs)).json;
  assert.deepEqual(await next(location), await next(undisturbed.location));
  await worker.stop();
  await rm(storage, { recursive: true });
});

test("fifty changes at once are applied once each", async () => {
  const worker = await start();
  const { location } = await worker.ask("POST", SESSIONS, { config });
  const callers = Array.from({ length: 50 }, () => worker.ask("POST", `${location}/evaluate`, outputs));
  const answers = await Promise.all(callers);
  const cycles = answers.map(({ json }) => json.cycle).sort((one, other) => one - other);
  assert.deepEqual(cycles, Array.from({ length: 50 }, (_, index) => index + 1));
  const { json } = await worker.ask("GET", `${location}/audit`);
  assert.equal(json.total_cycles, 50);
  for (const [index, budget] of json.budget_trajectory.entries()) {
    assert.ok(index === 0 || budget < json.budget_trajectory[index - 1]);
  }
  await worker.stop();
});

test("what is not there leaves nothing behind", async () => {
  const storage = await mkdtemp(join(tmpdir(), "worker-"));
  const worker = await start(storage);
  assert.equal((await worker.ask("GET", `${SESSIONS}/nobody`)).status, 404);
  assert.equal((await worker.ask("POST", `${SESSIONS}/nobody/evaluate`, outputs)).status, 404);
  assert.equal((await worker.ask("GET", `${SESSIONS}/${"x".repeat(500)}`)).status, 404);
  const { location } = await worker.ask("POST", SESSIONS, {});
  assert.equal((await worker.ask("DELETE", location)).status, 204);
  assert.equal((await worker.ask("DELETE", location)).status, 404);
  assert.equal((await worker.ask("POST", SESSIONS, { config: { max_cycles: 0 } })).status, 400);
  assert.equal((await worker.ask("GET", SESSIONS)).status, 405);
  assert.equal((await worker.ask("GET", "/health")).json.status, "healthy");
  assert.equal((await worker.ask("GET", "/nowhere")).status, 404);
  assert.ok((await worker.ask("GET", "/nowhere")).headers.get("x-request-id"));
  await worker.stop();
  assert.ok((await readdir(storage, { recursive: true })).length > 0);
  await rm(storage, { recursive: true });
});
