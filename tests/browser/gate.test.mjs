// The gate and its memory in the npm package in Node: every method, its errors, vectors, snapshots, hostile callers.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

const folder = pathToFileURL(`${process.env.ASSIZE_PACKAGE}/`);
const assize = await import(new URL("node.js", folder));
const { Controller, ConflictError, CorruptSnapshotError, InvalidInputError, LimitError, confidence, embed, textScore } = assize;

const SMALL = { memory: { dimension: 8, capacity: 16, text_bytes: 8192 } };
const OWN = { ...SMALL, embedder: "caller" };
const GOOD = "A fair trial is one before an impartial judge, in public, with counsel and time to prepare.";
const ASKED = "What is a fair trial?";
const now = 1_700_000_000_000;
const pointers = (wanted) => (error) => {
  assert.ok(error instanceof InvalidInputError && error instanceof Error, String(error));
  assert.deepEqual(error.errors.map(({ pointer }) => pointer).sort(), [...wanted].sort(), JSON.stringify(error.errors));
  return true;
};
const axis = (index, dimension = 8) => Float32Array.from({ length: dimension }, (_, at) => (at === index ? 1 : 0));
const model = async () => GOOD;
const ids = (found) => found.map(({ entry }) => entry.id);

test("a request is admitted as over HTTP, and the threshold moves", () => {
  const gate = new Controller(SMALL);
  const answer = gate.admit({ text: ASKED }, now);
  assert.deepEqual(Object.keys(answer), ["accepted", "verdict", "phase", "step", "note", "moral_threshold", "reasons", "judgement"]);
  assert.deepEqual([answer.accepted, answer.verdict, answer.phase, answer.step, answer.note], [true, "allow", "wake", 1, "admitted"]);
  const { score, threshold_before, threshold_after, policy, alarm } = answer.judgement;
  assert.ok(Math.abs(score - 0.85) < 1e-12);
  assert.deepEqual([threshold_before, policy, alarm], [0.5, "homeostatic", null]);
  assert.ok(threshold_after === 0.5 || threshold_after === 0.55);
  assert.equal(answer.reasons[0].code, "gate:accepted");
  const refused = gate.admit({ moral_value: 0.1 }, now);
  assert.deepEqual([refused.accepted, refused.verdict, refused.judgement.score], [false, "deny", 0.1]);
  assert.equal(refused.reasons[0].code, "gate:below-threshold");
  assert.equal(refused.reasons[0].observed, 0.1);
  assert.equal(refused.context, undefined);
});

/** An answer as the JSON crate's own tests have it, which is what is sent over HTTP. */
const sent = async (engine, name) => {
  const file = new URL(`../../src/json/${engine}/assize_json__${engine.split("/")[0]}__tests__${name}.snap`, import.meta.url);
  return JSON.parse((await readFile(file, "utf8")).split("---\n")[2]);
};
const shape = (value) => {
  if (Array.isArray(value)) return value.slice(0, 1).map(shape);
  if (typeof value !== "object" || value === null) return null;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shape(inner)]));
};

test("answers are those that are sent over HTTP, to the bit of each number", async () => {
  const settings = { memory: { dimension: 2, capacity: 4 } };
  const admitting = new Controller(settings);
  assert.deepEqual(admitting.admit({ moral_value: 0.95 }, 0), await sent("gate/tests/snapshots", "admitted"));
  assert.deepEqual(admitting.admit({ text: "attack, kill and destroy" }, 0), await sent("gate/tests/snapshots", "refused"));
  const gate = new Controller(settings);
  const request = { prompt: "how does a court decide?", moral_value: 0.95, vector: Float32Array.of(3, 4) };
  const expected = await sent("gate/tests/snapshots", "generated");
  const answer = await gate.generate(request, { model: () => expected.response, now: 0 });
  assert.equal(JSON.stringify(answer), JSON.stringify(expected));
  // Full, so that one gives way.
  gate.insert({ entries: Array.from({ length: 4 }, () => ({ vector: [1, 0] })) }, 0);
  const inserted = gate.insert({ entries: [{ vector: [0, 1], text: "a", source_name: "b" }, { vector: [1, 0], confidence: 0 }] }, 0);
  const { entries } = await sent("memory/snapshots", "inserted");
  assert.deepEqual(inserted.entries.map(shape), entries.map(shape));
  assert.deepEqual(shape(gate.search({ vector: [0, 1] }, 0)), shape(await sent("memory/snapshots", "found")));
  assert.deepEqual(Object.keys(gate.state().pelm_stats), Object.keys(await sent("memory/snapshots", "usage")));
});

test("asleep it answers so, and wakes again", () => {
  const gate = new Controller({ ...SMALL, gate: { threshold: { policy: "fixed" }, rhythm: { wake_steps: 2, sleep_steps: 1 } } });
  const asked = () => {
    const { accepted, verdict } = gate.admit({ moral_value: 0.8 }, now);
    if (accepted) gate.record({ response: GOOD }, now);
    return verdict;
  };
  const phases = Array.from({ length: 9 }, asked);
  assert.deepEqual(phases, ["allow", "allow", "refine", "allow", "allow", "refine", "allow", "allow", "refine"]);
  assert.equal(gate.advanceRhythm(now), "wake");
  assert.equal(gate.advanceRhythm(now), "sleep");
  assert.equal(gate.state().phase, "sleep");
});

test("no flood moves the threshold out of its bounds or by more than its step", () => {
  const gate = new Controller(SMALL);
  let before = 0.5;
  for (let index = 0; index < 3000; index += 1) {
    const moral_value = index % 1000 < 500 ? 0 : 1;
    const { judgement } = gate.admit({ moral_value }, now + index);
    assert.equal(judgement.threshold_before, before);
    const { threshold_after } = judgement;
    assert.ok(threshold_after >= 0.3 && threshold_after <= 0.9 && Math.abs(threshold_after - before) <= 0.05 + 1e-9);
    before = threshold_after;
  }
  const { counters, step } = gate.state();
  assert.equal(step, 3000);
  assert.equal(counters.rejected + counters.asleep + counters.stops + counters.admitted, 3000);
});

test("settings are whole, checked, and may be given again", () => {
  const gate = new Controller();
  const settings = gate.settings();
  assert.deepEqual([settings.embedder, settings.memory.dimension, settings.memory.capacity], ["hashing", 384, 20_000]);
  assert.deepEqual(settings.gate.threshold, { policy: "homeostatic", initial: 0.5, floor: 0.3, ceiling: 0.9, step: 0.05, alpha: 0.1, dead_band: 0.05, target: 0.5 });
  gate.free();
  const again = new Controller(settings);
  assert.deepEqual(again.settings(), settings);
  again.free();
  assert.throws(() => new Controller({ gate: { threshold: { floor: 2, polcy: 1 } }, memory: { dimension: 0 }, embedder: "x", y: 1 }),
    (error) => error instanceof InvalidInputError && error.errors.length >= 4);
  for (const settings of [null, 7, "x", [], () => 1, { gate: [] }, { memory: { capacity: NaN } }, { memory: { capacity: 1.5 } }]) {
    assert.throws(() => new Controller(settings), InvalidInputError);
  }
  assert.throws(() => new Controller({ memory: { capacity: 1_000_000, dimension: 4096 } }), pointers(["/memory/capacity"]));
  assert.equal(new Controller(SMALL).admit({ moral_value: 1 }).accepted, true);
});

test("wrong requests are refused with every field, and change nothing", () => {
  const gate = new Controller(SMALL);
  const before = gate.snapshot();
  assert.throws(() => gate.admit({ text: 7, moral_value: 2, x: 1 }), pointers(["/text", "/moral_value", "/x"]));
  assert.throws(() => gate.admit({}), pointers([""]));
  assert.throws(() => gate.admit({ text: " " }), pointers(["/text"]));
  assert.throws(() => gate.admit({ text: "x".repeat(10_001) }), pointers(["/text"]));
  assert.throws(() => gate.admit({ text: ASKED, vector: [1, 2] }), pointers(["/vector"]));
  assert.throws(() => gate.admit({ text: "\ud800" }), pointers(["/text"]));
  assert.throws(() => gate.record({ prompt: ASKED }), pointers(["/response"]));
  assert.throws(() => gate.insert({ entries: [{ text: "x", confidence: 2 }, {}] }), pointers(["/entries/0/confidence", "/entries/1"]));
  assert.throws(() => gate.insert({ entries: [{ vector: axis(0) }, { vector: axis(0, 7) }, { text: "ok", parent: 5 }] }), pointers(["/entries/1/vector", "/entries/2/parent"]));
  assert.throws(() => gate.insert({ entries: Array.from({ length: 1001 }, () => ({ vector: axis(0) })) }), pointers(["/entries"]));
  assert.throws(() => gate.search({ text: "x", vector: axis(0) }), pointers(["/text"]));
  assert.throws(() => gate.search({ text: "x", top_k: 0, tolerance: -1 }), pointers(["/top_k", "/tolerance"]));
  assert.throws(() => gate.forget({}), pointers([""]));
  assert.throws(() => gate.entries({ after: -1 }), pointers(["/after"]));
  assert.throws(() => gate.entries({ count: 1001 }), pointers(["/count"]));
  assert.throws(() => gate.entries({ from: 1 }), pointers(["/from"]));
  for (const id of [0, 1.5, -1, "1", 1n, NaN, undefined]) assert.throws(() => gate.entry(id), pointers(["/id"]));
  for (const time of [-1, 1.5, NaN, Infinity, "1", 1n, null, {}]) {
    assert.throws(() => gate.admit({ moral_value: 0.5 }, time), pointers(["/now"]));
  }
  for (const value of [undefined, null, 7, "text", [], () => {}, 10n, Symbol("s"), new Date()]) {
    for (const method of ["admit", "record", "insert", "search", "forget"]) assert.throws(() => gate[method](value), InvalidInputError, method);
  }
  assert.deepEqual(gate.snapshot(), before);
});

test("vectors are refused unless finite and of the right length, whatever holds them", () => {
  const gate = new Controller(SMALL);
  for (const wrong of [NaN, Infinity, -Infinity, 1e19, 1e39]) {
    for (const make of [(list) => Float32Array.from(list), (list) => Float64Array.from(list), (list) => list]) {
      const vector = make([0, 0, 0, wrong, 0, 0, 0, 0]);
      assert.throws(() => gate.retrieve(vector), pointers(["/vector/3"]));
      assert.throws(() => gate.insert({ entries: [{ vector: axis(1) }, { vector }] }), pointers(["/entries/1/vector/3"]));
      assert.throws(() => gate.admit({ moral_value: 1, vector }), pointers(["/vector/3"]));
    }
  }
  for (const vector of [new Float32Array(), new Float32Array(7), new Float64Array(9), new Float32Array(4097), [], [1]]) {
    assert.throws(() => gate.retrieve(vector), pointers(["/vector"]));
    assert.throws(() => gate.insert({ entries: [{ vector }] }), pointers(["/entries/0/vector"]));
  }
  for (const vector of [undefined, null, "text", 7, {}, new Uint8Array(8), new Int32Array(8)]) {
    assert.throws(() => gate.retrieve(vector), InvalidInputError);
    assert.throws(() => gate.insert({ entries: [{ vector, phase: 1 }] }), InvalidInputError);
  }
  assert.equal(gate.state().pelm_stats.used, 0);
  assert.deepEqual(gate.retrieve(axis(0)), []);
});

test("entries are stored, found, listed and forgotten", () => {
  const gate = new Controller(SMALL);
  const entries = [
    { vector: axis(0), text: "east", source: "user_input", source_name: "ann", timestamp: 5 },
    { vector: [0, 1, 0, 0, 0, 0, 0, 0], phase: 0.2 },
    { vector: Float64Array.from(axis(0)), phase: 0.9, confidence: 0.7 },
    { vector: axis(0), confidence: 0.4 },
  ];
  const result = gate.insert({ entries }, now);
  assert.deepEqual(result, {
    stored: 3,
    refused: 1,
    entries: [1, 2, 3].map((id) => ({ stored: { id, evicted: [] } })).concat({ refused: { confidence: 0.4, required: 0.5 } }),
  });
  const found = gate.retrieve(axis(0), undefined, now);
  assert.deepEqual(ids(found), [1, 2]);
  assert.deepEqual(found.map(({ resonance }) => resonance), [1, 0]);
  assert.deepEqual(found[0].entry, {
    id: 1, phase: 0.1, confidence: 1, consolidated: false, source: "user_input", source_name: "ann", text: "east", timestamp: 5, expires_at: null, parent: null,
  });
  assert.deepEqual(gate.search({ vector: [...axis(0)] }, now).entries, found);
  assert.deepEqual(ids(gate.retrieve(axis(0), { phase: 0.9 }, now)), [3]);
  assert.deepEqual(ids(gate.retrieve(axis(0), { tolerance: 2, top_k: 2 }, now)), [3, 1]);
  assert.deepEqual(ids(gate.retrieve(axis(0), { tolerance: 2, min_confidence: 0.8 }, now)), [1, 2]);
  assert.deepEqual(gate.entry(1, now), found[0].entry);
  assert.deepEqual(gate.vector(2, now), axis(1));
  assert.equal(gate.entry(9, now), undefined);
  assert.equal(gate.vector(9, now), undefined);
  const page = gate.entries({ count: 2 }, now);
  assert.deepEqual([page.entries.map(({ id }) => id), page.next], [[1, 2], 2]);
  assert.deepEqual(gate.entries({ after: 2 }, now), { entries: [gate.entry(3, now)], next: null });
  assert.equal(gate.forget({ source_name: "ann" }), 1);
  assert.equal(gate.forget({ ids: [1, 2, 2, 77] }), 1);
  assert.equal(gate.state().pelm_stats.used, 1);
});

test("what has expired is never found, and can be swept away", () => {
  const gate = new Controller(SMALL);
  gate.insert({ entries: [{ vector: axis(0), expires_at: now + 10 }, { vector: axis(0) }] }, now);
  assert.deepEqual(ids(gate.retrieve(axis(0), {}, now + 9)), [2, 1]);
  assert.deepEqual(ids(gate.retrieve(axis(0), {}, now + 10)), [2]);
  assert.equal(gate.entry(1, now + 10), undefined);
  assert.equal(gate.state().pelm_stats.used, 2);
  assert.equal(gate.sweep(100, now + 10), 1);
  assert.equal(gate.state().pelm_stats.used, 1);
});

test("texts are found by the built-in embedder; where embeddings are the caller's, a vector is asked for", () => {
  const gate = new Controller({ memory: { dimension: 256, capacity: 100, text_bytes: 65_536 } });
  gate.insert({ entries: [{ text: "restart the server" }, { text: "a bowl of soup" }] }, now);
  const { entries } = gate.search({ text: "The server restarts." }, now);
  assert.equal(entries[0].entry.text, "restart the server");
  assert.deepEqual(gate.retrieve(embed("The server restarts.", 256), {}, now), entries);
  const { context } = gate.admit({ text: "Please restart the server", context_top_k: 1 }, now);
  assert.deepEqual(context.map(({ entry }) => entry.text), ["restart the server"]);
  const own = new Controller(OWN);
  assert.throws(() => own.search({ text: "x" }), ConflictError);
  assert.throws(() => own.insert({ entries: [{ text: "x" }] }), ConflictError);
  assert.throws(() => own.admit({ text: "x", context_top_k: 1 }), ConflictError);
  assert.equal(own.admit({ text: "x", vector: axis(0) }).context.length, 0);
});

test("a full memory keeps its size: the oldest gives way", () => {
  const gate = new Controller(SMALL);
  const { memory_bytes } = gate.state().pelm_stats;
  for (let round = 0; round < 100; round += 1) {
    gate.insert({ entries: Array.from({ length: 10 }, (_, index) => ({ vector: axis(index % 8), text: `entry ${round} ${index}` })) }, now);
  }
  const { used, memory_bytes: after } = gate.state().pelm_stats;
  assert.deepEqual([used, after], [16, memory_bytes]);
  assert.equal(gate.entries({}, now).entries[0].id, 985);
  assert.deepEqual(gate.insert({ entries: [{ vector: axis(0) }] }, now).entries[0].stored.evicted, [985]);
});

test("a request is led to its end, and remembered for the next", async () => {
  const gate = new Controller({ memory: { dimension: 64, capacity: 100, text_bytes: 65_536 } });
  const asked = [];
  const model = async (prompt, { max_tokens }) => (asked.push([prompt, max_tokens]), GOOD);
  const first = await gate.generate({ prompt: ASKED, max_tokens: 50, user: "ann" }, { model, now });
  assert.deepEqual(asked, [[ASKED, 50]]);
  assert.equal(Object.keys(first)[0], "response");
  assert.deepEqual([first.response, first.accepted, first.verdict, first.note, first.remembered], [GOOD, true, "allow", "processed", true]);
  assert.deepEqual([first.max_tokens_used, first.context_items, first.stateless_mode, first.quality_gate.action], [50, 0, false, "accept"]);
  const second = await gate.generate({ prompt: ASKED }, { model, now: () => now + 1 });
  assert.deepEqual([second.verdict, second.context_texts], ["transform", 1]);
  assert.ok(asked[1][0].endsWith(ASKED) && asked[1][0].length > ASKED.length);
  const { in_flight, counters } = gate.state();
  assert.deepEqual([in_flight, counters.accepted], [0, 2]);
  assert.equal(gate.forget({ source_name: "ann" }), 1);
  assert.equal((await gate.generate({ prompt: ASKED }, { model: () => GOOD })).accepted, true);
});

test("a refused request asks nobody", async () => {
  const gate = new Controller(SMALL);
  const never = () => assert.fail("it was asked");
  const answer = await gate.generate({ prompt: ASKED, moral_value: 0.1 }, { model: never, now });
  assert.deepEqual([answer.accepted, answer.verdict, answer.response, answer.max_tokens_used], [false, "deny", "", 0]);
  assert.equal(answer.reasons[0].code, "gate:below-threshold");
  assert.equal(gate.state().in_flight, 0);
});

test("the caller's embeddings are asked for once, and checked", async () => {
  const gate = new Controller(OWN);
  const texts = [];
  for (const vector of [axis(0), [...axis(0)], Float64Array.from(axis(0))]) {
    const answer = await gate.generate({ prompt: ASKED }, { model, embed: async (text) => (texts.push(text), vector), now });
    assert.equal(answer.accepted, true);
  }
  assert.deepEqual(texts, [ASKED, ASKED, ASKED]);
  assert.equal((await gate.generate({ prompt: ASKED, vector: axis(1) }, { model, now })).accepted, true);
  const wrongs = [async () => { throw new Error("the embedder is down"); }, () => "text", () => [1, "2"], () => axis(0, 7), () => new Float32Array(8).fill(NaN), () => undefined];
  for (const wrong of wrongs) {
    const fresh = new Controller(OWN);
    const answer = await fresh.generate({ prompt: ASKED }, { model, embed: wrong, now });
    assert.deepEqual([answer.accepted, answer.response, answer.remembered], [false, "", false]);
    assert.equal(answer.reasons[0].code, "gate:embedding-failed");
    assert.equal(fresh.state().pelm_stats.used, 0);
  }
});

test("what the model can't say is told in the answer, and nothing is remembered", async () => {
  const failures = [
    [() => { throw new Error("the model is down"); }, /the model is down/],
    [async () => { throw "no"; }, /no/],
    [() => Promise.reject(undefined), /undefined/],
    [async () => { throw { toString() { throw new Error("x"); } }; }, /no text/],
    [() => ({ text: GOOD }), /not with a string/],
    [() => undefined, /not with a string/],
    [() => ({ then() { throw new Error("thenable"); } }), /thenable/],
  ];
  for (const [model, told] of failures) {
    const gate = new Controller(SMALL);
    const answer = await gate.generate({ prompt: ASKED }, { model, now });
    assert.deepEqual([answer.accepted, answer.response, answer.remembered], [false, "", false]);
    assert.equal(answer.reasons[0].code, "gate:generation-failed");
    assert.match(JSON.stringify(answer), told);
    const { in_flight, pelm_stats, counters } = gate.state();
    assert.deepEqual([in_flight, pelm_stats.used, counters.generation_failed], [0, 0, 1]);
  }
  const gate = new Controller(SMALL);
  assert.equal((await gate.generate({ prompt: ASKED }, { model: () => " ", now })).accepted, false);
  assert.equal((await gate.generate({ prompt: ASKED }, { model: () => "word ".repeat(300), now })).quality_gate.action, "reject");
  assert.equal((await gate.generate({ prompt: ASKED }, { model: () => `${GOOD} \ud800`, now })).accepted, true);
  assert.equal(gate.state().in_flight, 0);
});

test("what is wrong with the caller's functions is said before anything happens", async () => {
  const gate = new Controller(SMALL);
  const before = gate.snapshot();
  for (const options of [undefined, null, 7, [], {}, { model: "gpt" }, { model: null }]) {
    await assert.rejects(gate.generate({ prompt: ASKED }, options), InvalidInputError);
  }
  await assert.rejects(gate.generate({ prompt: ASKED }, { model, embed: 7 }), pointers(["/embed"]));
  await assert.rejects(gate.generate({ prompt: ASKED }, { model, embed: () => axis(0) }), pointers(["/embed"]));
  await assert.rejects(gate.generate({ prompt: ASKED }, { model, modle: model }), pointers(["/modle"]));
  await assert.rejects(gate.generate({ prompt: ASKED }, { model, now: -1 }), pointers(["/now"]));
  await assert.rejects(gate.generate({ prompt: " ", max_tokens: 0, x: 1 }, { model }), pointers(["/prompt", "/max_tokens", "/x"]));
  await assert.rejects(gate.generate({ prompt: ASKED, vector: axis(0, 9) }, { model }), pointers(["/vector"]));
  for (const request of [undefined, null, 7, "text", []]) await assert.rejects(gate.generate(request, { model }), InvalidInputError);
  await assert.rejects(new Controller(OWN).generate({ prompt: ASKED }, { model }), pointers(["/embed"]));
  assert.deepEqual(gate.snapshot(), before);
  const clock = [now, NaN];
  await assert.rejects(gate.generate({ prompt: ASKED }, { model, now: () => clock.shift() }), pointers(["/now"]));
  assert.deepEqual([gate.state().in_flight, gate.state().counters.cancelled], [0, 1]);
});

test("many requests are under way at once, and bounded", async () => {
  const gate = new Controller({ ...SMALL, gate: { threshold: { policy: "fixed" }, rhythm: { wake_steps: 5000, sleep_steps: 1 } } });
  let open;
  const gates = new Promise((resolve) => (open = resolve));
  const model = () => gates;
  const under = Array.from({ length: 1024 }, () => gate.generate({ prompt: ASKED }, { model, now }));
  assert.equal(gate.state().in_flight, 1024);
  await assert.rejects(gate.generate({ prompt: ASKED }, { model, now }), (error) => {
    assert.ok(error instanceof LimitError);
    assert.equal(error.limit.name, "requests-under-way");
    return true;
  });
  open(GOOD);
  assert.ok((await Promise.all(under)).every(({ accepted }) => accepted));
  assert.deepEqual([gate.state().in_flight, gate.state().pelm_stats.used], [0, 16]);
});

test("a reset, a restore or an end in between ends a request, and no other", async () => {
  const gate = new Controller(SMALL);
  await assert.rejects(gate.generate({ prompt: ASKED }, { model: () => (gate.reset(), GOOD), now }), ConflictError);
  assert.deepEqual([gate.state().in_flight, gate.state().step], [0, 0]);
  let copy;
  const answer = await gate.generate({ prompt: ASKED }, { model: () => ((copy = Controller.restore(gate.snapshot())), GOOD), now });
  assert.equal(answer.accepted, true);
  assert.deepEqual([copy.state().in_flight, copy.state().counters.cancelled], [0, 1]);
  assert.equal((await copy.generate({ prompt: ASKED }, { model, now })).accepted, true);
  await assert.rejects(gate.generate({ prompt: ASKED }, { model: () => (gate.free(), GOOD), now }), TypeError);
});

test("the caller's own answer is judged, and not remembered by itself", () => {
  const gate = new Controller(SMALL);
  gate.admit({ text: ASKED }, now);
  const good = gate.record({ prompt: ASKED, response: GOOD }, now);
  assert.deepEqual([good.accepted, good.response, good.remembered], [true, GOOD, false]);
  assert.throws(() => gate.record({ response: GOOD }, now), ConflictError);
  gate.admit({ text: ASKED }, now);
  const empty = gate.record({ response: "" }, now);
  assert.deepEqual([empty.accepted, empty.response], [false, ""]);
  assert.equal(empty.reasons[0].code, "gate:empty-answer");
  assert.equal(gate.state().pelm_stats.used, 0);
});

test("a snapshot goes on as the original, and damage is refused", async () => {
  const gate = new Controller(SMALL);
  gate.insert({ entries: [{ vector: axis(2), text: "kept", source_name: "ann" }] }, now);
  for (let index = 0; index < 5; index += 1) await gate.generate({ prompt: ASKED }, { model, now });
  const bytes = gate.snapshot();
  assert.ok(bytes instanceof Uint8Array);
  const copy = Controller.restore(bytes);
  assert.deepEqual(copy.snapshot(), bytes);
  assert.deepEqual([copy.state(), copy.settings()], [gate.state(), gate.settings()]);
  for (let index = 0; index < 30; index += 1) {
    const request = { prompt: `${ASKED} ${index}`, moral_value: (index % 10) / 10 };
    assert.deepEqual(await copy.generate(request, { model, now }), await gate.generate(request, { model, now }));
  }
  assert.deepEqual(copy.snapshot(), gate.snapshot());
  copy.free();
  for (let at = 0; at < bytes.length; at += Math.ceil(bytes.length / 97)) {
    const damaged = bytes.slice();
    damaged[at] ^= 1;
    assert.throws(() => Controller.restore(damaged), CorruptSnapshotError);
    assert.throws(() => Controller.restore(bytes.subarray(0, at)), CorruptSnapshotError);
  }
  assert.throws(() => Controller.restore(new assize.CycleGovernor().snapshot()), CorruptSnapshotError);
  assert.throws(() => Controller.restore([1, 2]), InvalidInputError);
});

test("a reset returns to the settings", () => {
  const gate = new Controller({ ...SMALL, gate: { threshold: { initial: 0.7 } } });
  const fresh = gate.snapshot();
  gate.insert({ entries: [{ vector: axis(0) }] }, now);
  for (let index = 0; index < 20; index += 1) gate.admit({ moral_value: 0.1 }, now);
  assert.notDeepEqual(gate.snapshot(), fresh);
  gate.reset();
  assert.deepEqual(gate.snapshot(), fresh);
  assert.equal(gate.state().moral_threshold, 0.7);
});

test("an emergency stops everything until it is ended", () => {
  const gate = new Controller({ ...SMALL, gate: { emergency: { max_own_memory_bytes: 1, cooldown_ms: null } } });
  assert.equal(gate.admit({ moral_value: 0.8 }, now).accepted, false);
  const { emergency } = gate.state();
  assert.deepEqual([emergency.cause, emergency.since_ms], ["memory_limit_exceeded", now]);
  gate.resetEmergency();
  assert.deepEqual([gate.state().emergency, gate.state().recent_emergencies], [null, 0]);
});

test("getters, proxies and what a caller does while it is asked leave nothing behind", async () => {
  const gate = new Controller(SMALL);
  const trap = { get text() { throw new RangeError("mine"); } };
  const proxy = new Proxy({}, { ownKeys() { throw new RangeError("mine"); } });
  for (const value of [trap, proxy]) {
    assert.throws(() => gate.admit(value), RangeError);
    assert.throws(() => gate.insert({ entries: [value] }), RangeError);
    assert.throws(() => gate.search(value), RangeError);
    assert.throws(() => new Controller({ gate: value }), RangeError);
    await assert.rejects(gate.generate(value, { model }), RangeError);
  }
  const loop = {};
  loop.loop = loop;
  assert.throws(() => gate.admit(loop), InvalidInputError);
  const request = { vector: axis(0) };
  gate.search(request);
  assert.deepEqual(request, { vector: axis(0) });
  const nested = await gate.generate({ prompt: ASKED }, { model: async () => (await gate.generate({ prompt: ASKED }, { model, now })).response, now });
  assert.equal(nested.accepted, true);
  gate.free();
  gate.free();
  for (const call of [() => gate.state(), () => gate.admit({ moral_value: 1 }), () => gate.snapshot(), () => gate.retrieve(axis(0))]) assert.throws(call, TypeError);
});

test("texts have vectors, scores and a confidence without a controller", () => {
  const vector = embed("Restart the server");
  assert.ok(vector instanceof Float32Array && vector.length === 384);
  assert.ok(Math.abs(vector.reduce((sum, number) => sum + number * number, 0) - 1) < 1e-5);
  assert.deepEqual(embed("Restart the server"), vector);
  assert.equal(embed("x", 1).length, 1);
  for (const [text, dimension, pointer] of [[" ", 8, "/text"], [7, 8, "/text"], ["\ud800", 8, "/text"], ["x".repeat(2 ** 20 + 1), 8, "/text"], ["x", 0, "/dimension"], ["x", 4097, "/dimension"], ["x", "8", "/dimension"]]) {
    assert.throws(() => embed(text, dimension), pointers([pointer]));
  }
  const { score, occurrences } = textScore("Please help, don't attack");
  assert.ok(Math.abs(score - 0.7) < 1e-12);
  assert.deepEqual(occurrences, { harmful: 1, positive: 1 });
  assert.throws(() => textScore(7), InvalidInputError);
  assert.ok(confidence("It is certainly so.") > confidence("It might perhaps be so."));
  assert.throws(() => confidence(undefined), InvalidInputError);
});

test("controllers that are freed, and requests without end, don't fill the memory", async () => {
  const memory = () => process.memoryUsage().arrayBuffers + process.memoryUsage().external;
  for (let index = 0; index < 50; index += 1) new Controller().free();
  const gate = new Controller({ memory: { dimension: 384, capacity: 200, text_bytes: 65_536 } });
  for (let index = 0; index < 1000; index += 1) await gate.generate({ prompt: `${ASKED} ${index}` }, { model, now });
  const before = memory();
  for (let index = 0; index < 3000; index += 1) {
    await gate.generate({ prompt: `${ASKED} ${index}` }, { model, now });
    gate.insert({ entries: [{ vector: embed(`text ${index}`), text: `text ${index}` }] }, now);
    gate.retrieve(embed("text"), {}, now);
  }
  globalThis.gc?.();
  assert.ok(memory() - before < 32 * 2 ** 20, `${memory() - before} bytes more`);
  assert.equal(gate.state().pelm_stats.used, 200);
});

test("what the README shows runs, and says what stands beside it", async (t) => {
  const readme = await readFile(new URL("README.md", folder), "utf8");
  const [, section] = readme.match(/## A gate around a language model\n([^]+?)\n## /);
  const code = [...section.matchAll(/```js\n([^]+?)```/g)].map(([, code]) => code).join("");
  const scratch = await mkdtemp(join(tmpdir(), "readme-"));
  const file = join(scratch, "example.mjs");
  // Not every Node knows `using`.
  await writeFile(file, code.replace('"assize"', `"${new URL("node.js", folder)}"`).replace("using gate", "const gate"));
  const said = [];
  t.mock.method(console, "log", (...words) => said.push(words.join(" ")));
  await import(pathToFileURL(file));
  const expected = [...code.matchAll(/console\.log.*; \/\/ ([^:\n]+)/g)].map(([, words]) => words);
  assert.deepEqual(said, expected);
  assert.equal(expected.length, 2);
  await rm(scratch, { recursive: true });
});
