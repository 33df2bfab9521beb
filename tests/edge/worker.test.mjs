// The Worker in a real workerd.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdir, rm } from "node:fs/promises";
import { test } from "node:test";
import { damage, folder, start } from "../hosts/worker.mjs";
import { SESSIONS, full, missing, outputs, scenarios } from "./scenarios.mjs";

scenarios({ start, folder, damage });

test("what is not there leaves nothing behind", async () => {
  const storage = await folder();
  const worker = await start({ storage });
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

test("a Worker without its objects says so", async () => {
  const worker = await start({ objectless: true });
  await missing(worker, /SESSIONS/);
  await worker.stop();
});

const isRoot = process.getuid?.() === 0;
test("a disk without room says so", { skip: !isRoot && "only root can mount a small disk" }, async () => {
  const storage = await folder();
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=3m", "tmpfs", storage]);
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
