// The npm package in Node: what its README says, its errors, its sessions.
import assert from "node:assert/strict";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

const folder = pathToFileURL(`${process.env.ASSIZE_PACKAGE}/`);
const assize = await import(new URL("node.js", folder));
const side = (output, confidence = 0.9) => ({ output, confidence });

test("a cycle is judged with its reasons", () => {
  const answer = assize.evaluate({ left: side("a b c"), right: side("a b d") });
  assert.deepEqual(Object.keys(answer).slice(0, 4), ["decision", "verdict", "stop_reason", "reasons"]);
  assert.equal(answer.similarity, 0.5);
  assert.equal(answer.verdict, "refine");
  assert.equal(answer.stop_reason, null);
  assert.equal(answer.reasons[0].code, "governor:continue");
  assert.equal(answer.risk, 0.6 * 0.5 + 0.4 * (1 - 0.9));
});

test("every wrong value is named at once, and values that JSON has not", () => {
  const wrong = { left: side(" ", 1.5), right: { output: 7 }, cycle: 0, budgte: 1 };
  assert.throws(() => assize.evaluate(wrong), (error) => {
    assert.ok(error instanceof assize.InvalidInputError && error instanceof Error);
    assert.equal(error.name, "InvalidInputError");
    assert.equal(error.code, "invalid-input");
    const pointers = error.errors.map(({ pointer }) => pointer).sort();
    assert.deepEqual(pointers, ["/budgte", "/cycle", "/left/confidence", "/left/output", "/right/confidence", "/right/output"]);
    return true;
  });
  for (const value of [undefined, null, 1, "text", [], () => {}, 10n, Symbol("s")]) {
    assert.throws(() => assize.evaluate(value), assize.InvalidInputError);
  }
  const loop = {};
  loop.loop = loop;
  assert.throws(() => assize.evaluate(loop), assize.InvalidInputError);
  for (const confidence of [NaN, Infinity, "0.9", 10n, null, {}]) {
    assert.throws(() => assize.evaluate({ left: side("a", confidence), right: side("a") }), assize.InvalidInputError);
  }
  assert.throws(() => assize.wordOverlap(1, "a"), assize.InvalidInputError);
});

test("texts cross whole: lone surrogates, nothing but emoji, a megabyte", () => {
  assert.equal(assize.wordOverlap("\ud800 a", "a"), assize.wordOverlap("\ufffd a", "a"));
  assert.equal(assize.wordOverlap("🎉 é", "É 🎉"), 1);
  const text = "word ".repeat(200_000);
  assert.equal(assize.wordOverlap(text, text), 1);
  assert.equal(assize.cosineSimilarity("Approve the plan.", "plan: approve"), 1);
});

test("a batch is judged in order, or not at all", () => {
  const item = { left: side("a"), right: side("a") };
  const { evaluations } = assize.evaluateBatch({ items: [item, { ...item, right: side("b") }] });
  assert.deepEqual(evaluations.map(({ similarity }) => similarity), [1, 0]);
  assert.throws(() => assize.evaluateBatch({ items: [item, {}] }), assize.InvalidInputError);
});

test("a session stops, refuses, reopens, and is restored", () => {
  const governor = new assize.CycleGovernor({ max_cycles: 5 });
  assert.equal(governor.config().max_cycles, 5);
  assert.equal(governor.evaluate(side("a b c"), side("a b d")).decision, "CONTINUE");
  const restored = assize.CycleGovernor.restore(governor.snapshot());
  assert.deepEqual(restored.evaluate(side("a"), side("a")), governor.evaluate(side("a"), side("a")));
  assert.deepEqual(restored.snapshot(), governor.snapshot());
  assert.ok(governor.stopped);
  const before = governor.snapshot();
  assert.throws(() => governor.evaluate(side("a"), side("a")), assize.ConflictError);
  assert.deepEqual(governor.snapshot(), before);
  governor.reopen();
  governor.addWisdom({ domain: "d", lesson: "l", consequence_type: "near_miss", future_bias: "b", timestamp: "t" });
  assert.throws(() => governor.addWisdom({ domain: " " }), assize.InvalidInputError);
  assert.equal(governor.audit().wisdom[0].lesson, "l");
  assert.equal(governor.audit().similarity_trajectory.length, governor.totalCycles);
  governor.reset();
  assert.equal(governor.totalCycles, 0);
  assert.equal(governor.budgetRemaining, 1);
  governor.free();
  governor.free();
  assert.throws(() => governor.evaluate(side("a"), side("a")), TypeError);
});

test("a step session picks an answer", () => {
  const governor = new assize.SessionGovernor();
  const candidate = (engine_id, answer) => ({ engine_id, cycle_index: 0, answer });
  const decision = governor.step(candidate("l", "restart it"), candidate("r", "restart it"));
  assert.equal(decision.decision, "FREEZE");
  assert.equal(decision.verdict, "allow");
  assert.equal(decision.chosen_engine, "l");
  assert.throws(() => new assize.SessionGovernor({ max_risk: 2 }), assize.InvalidInputError);
});

test("damaged and foreign snapshots are refused", () => {
  const snapshot = new assize.CycleGovernor().snapshot();
  snapshot[8] ^= 1;
  for (const bytes of [snapshot, new Uint8Array(), new assize.SessionGovernor().snapshot()]) {
    assert.throws(() => assize.CycleGovernor.restore(bytes), assize.CorruptSnapshotError);
  }
  assert.throws(() => assize.CycleGovernor.restore([1, 2]), assize.InvalidInputError);
});

test("governors that nobody frees don't fill the memory", async () => {
  for (let index = 0; index < 20_000; index += 1) new assize.CycleGovernor();
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.equal(new assize.CycleGovernor().evaluate(side("a"), side("a")).verdict, "allow");
});

test("the manual entry starts from bytes", async () => {
  const { readFile } = await import("node:fs/promises");
  const manual = await import(new URL("manual.js?again", folder));
  manual.startSync(await readFile(new URL("assize.wasm", folder)));
  assert.equal(manual.version(), assize.version());
});
