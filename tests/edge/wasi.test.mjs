// The composed components: with sessions in wasi:keyvalue, and with nothing but wasi:http.
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { test } from "node:test";
import { damage, folder, start } from "../hosts/wasi.mjs";
import { inline, knowledgeScenarios, missingKnowledge } from "./knowledge.mjs";
import { SESSIONS, config, full, missing, outputs, scenarios } from "./scenarios.mjs";

scenarios({ start, folder, damage });
knowledgeScenarios({ start, folder, damage, mostBytes: 8 * 1024 * 1024 });

test("a store without room says so", async () => {
  const storage = await folder();
  const host = await start({ storage, pages: 60 });
  // Deleting is what the answer advises.
  assert.equal((await host.ask("DELETE", await full(host))).status, 204);
  await host.stop();
  await rm(storage, { recursive: true });
});

test("a host without the store says so", async () => {
  const host = await start();
  await missing(host, /has no store `default`/);
  await missingKnowledge(host, /has no store `default`/);
  await host.stop();
});

test("fifty changes at once, each on an instance of its own, lose nothing", async () => {
  const storage = await folder();
  const hosts = [await start({ storage, reuse: 1 }), await start({ storage, reuse: 1 })];
  const { location } = await hosts[0].ask("POST", SESSIONS, { config });
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, index) => hosts[index % 2].ask("POST", `${location}/evaluate`, outputs)),
  );
  // Two processes on one file: whoever could not change it after many tries is told so, and changed nothing.
  const applied = answers.filter(({ status }) => status === 200).map(({ json }) => json.cycle).sort((one, other) => one - other);
  assert.deepEqual(applied, Array.from({ length: applied.length }, (_, index) => index + 1));
  const refused = answers.filter(({ status }) => status === 409);
  assert.equal(applied.length + refused.length, 50);
  assert.ok(applied.length >= 25, `${applied.length} of 50`);
  assert.equal((await hosts[1].ask("GET", location)).json.total_cycles, applied.length);
  await Promise.all(hosts.map((host) => host.stop()));
  await rm(storage, { recursive: true });
});

test("the build without a store serves what needs none, and says why it has no sessions", async () => {
  const host = await start({ component: "assize-http.wasm" });
  assert.equal((await host.ask("POST", "/evaluate", outputs)).json.similarity, 0.5);
  assert.equal((await host.ask("GET", "/health")).json.engine, "component");
  assert.equal((await host.ask("POST", "/query", inline)).json.verdict, "allow");
  const rules = [["GET", "/v1/rules"], ["PUT", "/v1/rules/a", { sources: ["p(1)."] }], ["POST", "/query", { query: "p(x)" }]];
  for (const [method, path, body] of [...rules, ["POST", SESSIONS, {}], ["GET", `${SESSIONS}/a`], ["DELETE", `${SESSIONS}/a`], ["POST", `${SESSIONS}/a/evaluate`, outputs]]) {
    const answer = await host.ask(method, path, body);
    assert.equal(answer.status, 501, answer.text);
    assert.equal(answer.json.type, "urn:assize:problem:not-implemented");
    assert.match(answer.json.detail, /keeps no sessions.*assize-spin\.wasm/);
  }
  await host.stop();
});
