// The rule engine of the npm package in Node: every method, its errors, values in both directions, hostile callers.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

const folder = pathToFileURL(`${process.env.ASSIZE_PACKAGE}/`);
const assize = await import(new URL("node.js", folder));
const { KnowledgeBase, InvalidInputError, InvalidRulesError, ConflictError, EvaluationError, LimitError, CorruptSnapshotError } = assize;

const TOOLS = await readFile(new URL("../../examples/policies/tools.rules", import.meta.url), "utf8");
const TEAM = `
  input extra/1.
  external who/2.
  role("ann", "clerk"). role("bob", "clerk").
  @id("read-1") @reason("clerks read") allow(who, "read", _) if role(who, "clerk").
  asks(x) if who("k", x).
  doubled(y) if extra(x) and y = x * 2.
  holds_value(x) if extra(x).
  count(n) if n = count(x for role(x, "clerk")).
`;
const pointers = (wanted) => (error) => {
  assert.ok(error instanceof InvalidInputError && error instanceof Error, String(error));
  assert.deepEqual(error.errors.map(({ pointer }) => pointer).sort(), [...wanted].sort());
  return true;
};
const names = (result) => result.answers.map(({ bindings }) => Object.values(bindings)[0]);

test("a question is answered as over HTTP", () => {
  const base = new KnowledgeBase([{ name: "team.rules", text: TEAM }]);
  const result = base.query('allow(who, "read", 1)', { explain: true, order_by: ["-who"] });
  assert.equal(result.verdict, "allow");
  assert.deepEqual(result.reasons, [{ code: "rules:proved", message: "there are 2 answers" }]);
  assert.deepEqual(names(result), ["bob", "ann"]);
  assert.equal(result.complete, true);
  assert.equal(result.truncated_by, null);
  const last = result.answers[0].proof.at(-1);
  assert.equal(last.id, "read-1");
  assert.equal(last.reason, "clerks read");
  assert.equal(last.place.source, "team.rules");
  assert.deepEqual(last.premises, [0]);
  assert.deepEqual(base.query(["allow", "?who", "read", 1]).answers, base.query('allow(who, "read", 1)').answers);
  const none = base.query('allow("eve", "read", 1)', { why_not: true });
  assert.equal(none.verdict, "deny");
  assert.equal(none.reasons[0].code, "rules:not-provable");
  assert.ok(none.why_not[0].attempts[0].needed.includes('role("eve", "clerk")'));
  assert.deepEqual(names(base.query("doubled(y)", { facts: [["extra", 4]] })), [8]);
});

test("a bound that is reached is told", () => {
  const base = new KnowledgeBase(Array.from({ length: 20_000 }, (_, index) => `n(${index}).`).join("\n"));
  const result = base.query("n(x)", { max_answers: 3 });
  assert.equal(result.answers.length, 3);
  assert.equal(result.truncated_by.name, "max-answers");
  assert.equal(result.complete, false);
  assert.equal(result.reasons.at(-1).code, "rules:limit");
  assert.equal(base.query("n(x)", { max_answers: 15_000 }).answers.length, 15_000);
  const some = [];
  for (const { bindings } of base.answers("n(x)")) {
    some.push(bindings.x);
    if (some.length === 5) break;
  }
  assert.deepEqual(some, [0, 1, 2, 3, 4]);
  assert.throws(() => [...base.answers("n(x)", { max_answers: 3 })], (error) => {
    assert.ok(error instanceof LimitError);
    assert.equal(error.limit.name, "max-answers");
    return true;
  });
});

test("values cross in both directions and stay what they are", () => {
  const base = new KnowledgeBase(TEAM);
  const values = [
    null, true, false, 0, 1, -1, 0.1, -2.5, 1e300, -1e300, 5e-324, 2 ** 53, 2 ** 60, 1e21,
    Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 9007199254740993n, -(2n ** 63n), 2n ** 64n, -(10n ** 40n),
    { $float: 1 }, { $float: 0 }, { $float: -7 }, "", "text", "é😀\u0000\n\"\\", '{"$integer":"5"}',
    [], [1, { $float: 1 }, [null]], {}, { b: 1, a: [{ c: "?x" }] }, { "a/b~": 2 },
    { $compound: ["point", 1, { $float: 2 }] }, { $compound: ["none"] },
    { $record: { $integer: "5" } }, { $record: { $float: 1, a: 12345678901234567890n } },
  ];
  for (const value of values) {
    const facts = [["extra", value]];
    const [answer] = names(base.query("holds_value(x)", { facts }));
    assert.deepEqual(answer, value);
    assert.equal(base.query(["holds_value", answer], { facts }).answers.length, 1);
    assert.equal(base.changeFacts({ add: facts }).added, 1, String(value));
    assert.equal(base.changeFacts({ remove: [["extra", answer]] }).removed, 1, String(value));
  }
  const is = (left, right) => base.query(["holds_value", left], { facts: [["extra", right]] }).answers.length === 1;
  assert.ok(!is(1, { $float: 1 }) && !is("1", 1) && !is(1n, { $float: 1 }) && !is(true, 1));
  assert.ok(is(1n, 1) && is(-0, 0) && is({ $float: -0 }, { $float: 0 }) && is({ $integer: "7" }, 7) && is({ $float: 0.5 }, 0.5));
  assert.ok(is(2 ** 53, { $float: 2 ** 53 }) && !is(2 ** 53, 2n ** 53n));
  assert.equal(base.query("x = 2 ** 64").answers[0].bindings.x, 2n ** 64n);
});

test("values that are none are refused, all at once", () => {
  const base = new KnowledgeBase(TEAM);
  const facts = [["extra", NaN], ["extra", undefined], ["extra", () => 1], ["extra", Symbol("s")], ["extra", { "a/b": ["\ud800"] }]];
  assert.throws(() => base.query("extra(x)", { facts }),
    pointers(["/facts/0/1", "/facts/1/1", "/facts/2/1", "/facts/3/1", "/facts/4/1/a~1b/0"]));
  assert.throws(() => base.query("extra(x)", { facts: [1, [], [2]], max_steps: -1, explain: 1, order_by: [2], x: 1 }),
    pointers(["/facts/0", "/facts/1", "/facts/2", "/max_steps", "/explain", "/order_by/0", "/x"]));
  for (const value of [new Date(), new Map(), new Set(), Promise.resolve(), { $float: NaN }, { $float: "1" }, 10n ** 20_000n, Infinity]) {
    assert.throws(() => base.changeFacts({ add: [["extra", value]] }), pointers(["/add/0/1"]));
  }
  for (const value of [{ $x: 1 }, { $integer: 5 }, { $variable: 1 }]) {
    assert.throws(() => base.changeFacts({ add: [["extra", value]] }), pointers(["/add/0"]));
  }
  assert.throws(() => base.changeFacts({ add: [["nobody", 1]], remove: [["who", 1, 2]] }), pointers(["/add/0", "/remove/0"]));
  for (const sources of [undefined, null, 7, {}, [7], [{}], [{ text: "a(1).", format: "xml" }], ["\ud800"], "\udfff"]) {
    assert.throws(() => new KnowledgeBase(sources), InvalidInputError);
  }
  for (const goal of [undefined, null, 7, {}, [], [1], "\ud800"]) assert.throws(() => base.query(goal), InvalidInputError);
  for (const options of [null, 7, "text", { external: 7 }, { sources: [] }, { rules: "x" }, { query: "y" }]) {
    assert.throws(() => base.query("extra(x)", options), InvalidInputError);
  }
});

test("deep and endless values are refused", () => {
  const base = new KnowledgeBase(TEAM);
  let deep = 1;
  for (let level = 0; level < 100_000; level += 1) deep = [deep];
  const loop = {};
  loop.loop = loop;
  for (const value of [deep, loop]) {
    assert.throws(() => base.changeFacts({ add: [["extra", value]] }), (error) => /nested too deeply/.test(error.message));
  }
  let near = 1;
  for (let level = 0; level < 55; level += 1) near = { $compound: ["s", near] };
  assert.equal(base.changeFacts({ add: [["extra", near]] }).added, 1);
});

test("getters that throw leave nothing behind", () => {
  const base = new KnowledgeBase(TEAM);
  const trap = { get a() { throw new RangeError("mine"); } };
  for (let round = 0; round < 3; round += 1) {
    assert.throws(() => base.changeFacts({ add: [["extra", trap]] }), RangeError);
    assert.throws(() => base.query("extra(x)", trap), RangeError);
    assert.throws(() => base.query("extra(x)", { facts: [["extra", new Proxy({}, { ownKeys() { throw new RangeError("mine"); } })]] }), RangeError);
    assert.throws(() => new KnowledgeBase(trap.b ?? [{ get text() { throw new RangeError("mine"); } }]), RangeError);
    assert.equal(base.query('role("ann", x)').answers.length, 1);
  }
});

test("answers as deep as the engine makes them arrive", () => {
  const base = new KnowledgeBase("nat(z). nat(s(x)) if nat(x). big({n: 12345678901234567890, d: x}) if nat(x).".replace("nat(z)", 'nat("z")'));
  const { answers, truncated_by } = base.query("nat(x)", { max_answers: 2000 });
  assert.equal(truncated_by.name, answers.length === 2000 ? "max-answers" : "max-term-depth");
  assert.ok(answers.length > 500);
  const deepest = base.query("big(x)", { max_answers: 900 }).answers.at(-1).bindings.x;
  assert.equal(deepest.n, 12345678901234567890n);
});

test("what is wrong with rules and goals has a code and a place", () => {
  assert.throws(() => new KnowledgeBase([{ name: "p.rules", text: "a(1).\nb( .\nc(x) if d(x)." }]), (error) => {
    assert.ok(error instanceof InvalidRulesError && error instanceof assize.AssizeError);
    assert.equal(error.name, "InvalidRulesError");
    assert.equal(error.code, "invalid-rules");
    const [{ code, severity, source, line }] = error.findings;
    assert.deepEqual([code, severity, source, line], ["unexpected-token", "error", "p.rules", 2]);
    return true;
  });
  assert.throws(() => new KnowledgeBase("a(1). b(x)."), (error) => error.findings[0].code === "variable-in-fact");
  const base = new KnowledgeBase("a(1). b(x) if a(x) and a(y).");
  assert.deepEqual(base.warnings.map(({ code }) => code), ["singleton-variable"]);
  assert.throws(() => base.query("a(x) and nobody(x)"), (error) => {
    assert.ok(error instanceof InvalidRulesError);
    assert.equal(error.findings[0].source, "query");
    assert.equal(error.findings[0].column, 10);
    return true;
  });
  assert.throws(() => base.query("a(x)", { order_by: ["y"] }), ConflictError);
  const fault = base.query('x = "a" + 1');
  assert.equal(fault.verdict, "deny");
  assert.equal(fault.reasons[0].code, "rules:runtime-error");
  assert.throws(() => [...base.answers('x = "a" + 1')], EvaluationError);
  assert.throws(() => base.explain('x = "a" + 1'), EvaluationError);
});

test("the host answers external predicates, now or later", async () => {
  const base = new KnowledgeBase(TEAM);
  const calls = [];
  const external = (call) => {
    calls.push(call);
    return [["k", "u"], ["k", 2n ** 70n], ["other", 1]];
  };
  assert.deepEqual(names(base.query("asks(x)", { external })), ["u", 2n ** 70n]);
  assert.equal(calls[0].name, "who");
  assert.equal(calls[0].arguments[0], "k");
  assert.equal(typeof calls[0].arguments[1].$variable, "number");
  const later = async (call) => (await null, external(call));
  assert.deepEqual(names(await base.queryAsync("asks(x)", { external: later })), ["u", 2n ** 70n]);
  assert.deepEqual(names(await base.queryAsync("asks(x)", { external })), ["u", 2n ** 70n]);
  assert.deepEqual([...base.answers("asks(x)", { external })].map(({ bindings }) => bindings.x), ["u", 2n ** 70n]);
  assert.match(base.explain("asks(x)", { external }), /^asks\("u"\)[^]*was answered by the host/);
  const unknown = base.query("asks(x)");
  assert.equal(unknown.verdict, "refine");
  assert.equal(unknown.needs.name, "who");
  assert.throws(() => [...base.answers("asks(x)")], EvaluationError);
  assert.throws(() => base.explain("asks(x)"), EvaluationError);
  for (const thrown of [new Error("down"), "down", { toString() { throw new Error("no"); } }, Symbol("down"), undefined]) {
    const external = () => { throw thrown; };
    for (const result of [base.query("asks(x)", { external }), await base.queryAsync("asks(x)", { external })]) {
      assert.equal(result.verdict, "deny");
      assert.equal(result.reasons[0].code, "rules:runtime-error");
    }
  }
  assert.equal((await base.queryAsync("asks(x)", { external: async () => { throw new Error("down"); } })).verdict, "deny");
  assert.throws(() => base.query("asks(x)", { external: later }), TypeError);
  for (const rows of [undefined, 7, {}, [7], [["k", { $x: 1 }]], [[NaN, 1]]]) {
    assert.throws(() => base.query("asks(x)", { external: () => rows }), InvalidInputError);
    await assert.rejects(base.queryAsync("asks(x)", { external: async () => rows }), InvalidInputError);
  }
  assert.throws(() => base.query("asks(x)", { external: () => [["k"]] }), ConflictError);
});

test("the caller may use the knowledge base while it is asked", async () => {
  const base = new KnowledgeBase(TEAM);
  const external = () => {
    base.changeFacts({ add: [["role", "dan", "clerk"]] });
    return names(base.query('role(x, "clerk")')).map((name) => ["k", name]);
  };
  assert.deepEqual(names(base.query("asks(x)", { external })), ["ann", "bob", "dan"]);
  const answers = base.answers('role(x, "clerk")');
  assert.equal(answers.next().value.bindings.x, "ann");
  base.changeFacts({ remove: [["role", "bob", "clerk"]] });
  assert.equal(answers.next().value.bindings.x, "bob");
  const freed = new KnowledgeBase(TEAM);
  assert.deepEqual(names(freed.query("asks(x)", { external: () => (freed.free(), [["k", 1]]) })), [1]);
  assert.throws(() => freed.query("asks(x)"), TypeError);
});

test("facts change all or nothing, and fast decisions see it", () => {
  const base = new KnowledgeBase(TEAM);
  const allow = base.predicate("allow", 3);
  const [ann, eve, read, other] = ["ann", "eve", "read", "x"].map((text) => base.textHandle(text));
  assert.equal(base.holds(allow, ann, read, other), true);
  assert.equal(base.holds(allow, eve, read, other), false);
  assert.deepEqual(base.changeFacts({ add: [["role", "eve", "clerk"], ["role", "ann", "clerk"]], remove: [["role", "bob", "clerk"]] }), { removed: 1, added: 1 });
  assert.equal(base.holds(allow, eve, read, other), true);
  assert.throws(() => base.changeFacts({ add: [["role", "fay", "clerk"], ["nobody"]] }), InvalidInputError);
  assert.equal(base.query('role("fay", x)').answers.length, 0);
  assert.equal(base.textHandle("eve"), eve);
  assert.deepEqual(base.changeFacts({}), { removed: 0, added: 0 });
});

test("fast decisions take constants of every kind, and refuse the rest", () => {
  const base = new KnowledgeBase('k(1). k(null). k(true). k("t"). k([]). m(1, 2, 3, 4, 5). late(x) if x < now(). external e/1. f(x) if e(x). bad(x) if x + 1 > 0. loop(x) if loop(y) and x = y + 1. loop(0).');
  const k = base.predicate("k", 1);
  for (const value of [1, 1n, null, true, "t", []]) assert.equal(base.holds(k, base.handle(value)), true, String(value));
  for (const value of [2, false, "u", -5]) assert.equal(base.holds(k, base.handle(value)), false, String(value));
  for (const value of [1.5, { $float: 1 }, 2n ** 70n, [1], { a: 1 }]) assert.equal(base.handle(value), undefined);
  const five = [1, 2, 3, 4, 5].map((value) => base.handle(value));
  const m = base.predicate("m", 5);
  assert.equal(base.holds(m, ...five), true);
  assert.equal(base.holds(m, ...five.toReversed?.() ?? [...five].reverse()), false);
  assert.equal(base.holds(base.predicate("late", 1), five[0]), true);
  assert.equal(base.predicate("nobody", 1), undefined);
  assert.equal(base.predicate("k", 2), undefined);
  for (const call of [() => base.holds(k), () => base.holds(k, 1, 2), () => base.holds(9999, 1), () => base.holds(k, 9999), () => base.holds(undefined), () => base.holds(k, ...Array(300).fill(five[0])), () => base.holds(k, -1), () => base.holds(k, NaN, 1)]) {
    assert.throws(call, ConflictError);
  }
  assert.throws(() => base.holds(base.predicate("f", 1), five[0]), EvaluationError);
  assert.throws(() => base.holds(base.predicate("bad", 1), base.textHandle("t")), EvaluationError);
  assert.throws(() => base.textHandle(7), InvalidInputError);
  assert.throws(() => base.textHandle("\ud800"), InvalidInputError);
  assert.throws(() => base.predicate(7, 1), InvalidInputError);
  assert.throws(() => base.handle(NaN), InvalidInputError);
});

test("a snapshot holds the facts as they are, and damage is refused", () => {
  const base = new KnowledgeBase('allow(x) if role(x, "admin"). role("ann", "admin").');
  base.changeFacts({ add: [["role", "eve", "admin"]] });
  const bytes = base.snapshot();
  const restored = KnowledgeBase.restore(bytes);
  assert.deepEqual(restored.query(["allow", "?x"], { now: 0 }), base.query(["allow", "?x"], { now: 0 }));
  assert.deepEqual(restored.snapshot(), bytes);
  restored.changeFacts({ remove: [["role", "eve", "admin"]] });
  assert.equal(restored.query(["allow", "eve"]).verdict, "deny");
  assert.equal(base.query(["allow", "eve"]).verdict, "allow");
  const damaged = bytes.slice();
  damaged[damaged.length >> 1] ^= 1;
  for (const wrong of [damaged, bytes.subarray(1), new Uint8Array()]) {
    assert.throws(() => KnowledgeBase.restore(wrong), CorruptSnapshotError);
  }
  assert.throws(() => KnowledgeBase.restore([1, 2]), InvalidInputError);
});

test("the policy of the README decides as over HTTP", () => {
  const base = new KnowledgeBase([{ name: "tools.rules", text: TOOLS }]);
  const decide = (subject, resource) => base.decide({ subject, action: "use", resource });
  const bob = decide("bob", "search");
  assert.equal(bob.verdict, "allow");
  assert.deepEqual(bob.reasons.map(({ code, message, rule, place }) => [code, message, rule, place.source, place.line]),
    [["rules:proved", "agents use the tools of their role while the risk is low", "tools-1", "tools.rules", 3]]);
  const ann = decide({ type: "agent", id: "ann" }, { type: "tool", id: "shell" });
  assert.equal(ann.verdict, "escalate");
  assert.equal(ann.reasons[0].rule, "tools-2");
  const eve = decide("eve", "search");
  assert.equal(eve.verdict, "deny");
  assert.deepEqual([eve.reasons[0].code, eve.reasons[0].rule], ["rules:denied", "tools-3"]);
  const none = base.decide({ subject: "bob", action: "use", resource: "shell", why_not: true });
  assert.equal(none.verdict, "deny");
  assert.equal(none.reasons[0].code, "rules:not-provable");
  assert.equal(none.why_not[0].goal, 'allow("bob", "use", "shell")');
});

test("decisions have obligations, the caller's answers, and refuse what is wrong", () => {
  const base = new KnowledgeBase('allow(s, _, _, _) if asks(s) and s.role = "clerk". input asks/1. oblige(_, "read", _, {log: 12345678901234567890, w: 1.0}).');
  const subject = { id: "ann", role: "clerk" };
  const asked = { subject, action: "read", resource: "d", facts: [["asks", subject]] };
  const decision = base.decide(asked);
  assert.equal(decision.verdict, "transform");
  assert.deepEqual(decision.obligations, [{ log: 12345678901234567890n, w: { $float: 1 } }]);
  assert.equal(base.decide({ ...asked, action: "write", context: { a: 1n } }).verdict, "allow");
  assert.equal(base.decide({ ...asked, facts: [] }).verdict, "deny");
  assert.throws(() => base.decide({ subject: 1, action: {}, contxt: 1 }), pointers(["/subject", "/action", "/resource", "/contxt"]));
  assert.throws(() => base.decide(), InvalidInputError);
  assert.throws(() => new KnowledgeBase("a(1).").decide(asked), ConflictError);
  const asks = new KnowledgeBase('external risk/2. allow(_, _, "d") if risk("d", x) and x < 3.');
  const request = { subject, action: "read", resource: "d" };
  assert.equal(asks.decide(request).verdict, "refine");
  assert.equal(asks.decide(request).needs.name, "risk");
  const external = ({ arguments: [resource] }) => [[resource, 2]];
  assert.equal(asks.decide({ ...request, external }).verdict, "allow");
  assert.equal(asks.decide({ ...request, external: () => { throw new Error("down"); } }).verdict, "deny");
  assert.throws(() => asks.decide({ ...request, external: () => 7 }), InvalidInputError);
  assert.throws(() => asks.decide({ ...request, external: async () => [] }), TypeError);
  assert.equal(asks.decide({ ...request, external }).verdict, "allow");
});

test("decisions wait for the caller's answers, and ask each question once", async () => {
  const base = new KnowledgeBase(`
    external level/2. external blocked/1.
    allow(who, _, _) if level(who, n) and n > 2.
    deny(who, _, _) if blocked(who).
    escalate(who, _, _) if level(who, 9).
  `);
  const request = { subject: "ann", action: "read", resource: "d", now: 0 };
  const asked = [];
  const external = async (call) => {
    const { name, arguments: [who] } = call;
    asked.push(JSON.stringify(call));
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (name === "level") return [[who, 5]];
    return who === "eve" ? [[who]] : [];
  };
  const later = await base.decideAsync({ ...request, external });
  assert.equal(later.verdict, "allow");
  assert.equal(new Set(asked).size, asked.length);
  const answers = { level: (who) => [[who, 5]], blocked: () => [] };
  assert.deepEqual(later, base.decide({ ...request, external: ({ name, arguments: [who] }) => answers[name](who) }));
  assert.equal((await base.decideAsync({ ...request, subject: "eve", external })).verdict, "deny");
  assert.equal((await base.decideAsync(request)).verdict, "refine");
  const failing = await base.decideAsync({ ...request, external: () => Promise.reject(new Error("no line")) });
  assert.equal(failing.verdict, "deny");
  assert.match(failing.reasons[0].message, /no line/);
  await assert.rejects(base.decideAsync({ ...request, external: async () => [[1, 2, 3, 4]] }), ConflictError);
});

test("proofs and reasons as text", () => {
  const base = new KnowledgeBase([{ name: "team.rules", text: TEAM }]);
  assert.match(base.explain('allow(w, "read", 1)'), /^allow\("ann", "read", 1\).*\(read-1.*\n {2}role\("ann", "clerk"\)|^allow\("ann", "read", 1\)[^\n]*\n {2}role\("ann", "clerk"\) is a fact/);
  assert.match(base.explain('allow("eve", "read", 1)'), /does not hold\n[^]*needed: role\("eve", "clerk"\)/);
});

test("sources are checked, reported, formatted and converted", () => {
  assert.deepEqual(assize.checkRules("a(1)."), []);
  const [finding] = assize.checkRules([{ name: "p", text: "a(x)." }, "b(1)."]);
  assert.deepEqual([finding.code, finding.severity, finding.source, finding.line, finding.column], ["variable-in-fact", "error", "p", 1, 3]);
  assert.match(assize.reportRules([{ name: "p", text: "a(x)." }]), /^error\[variable-in-fact\][^]*--> p:1:3/);
  assert.equal(assize.formatRules("a( 1 ).# x"), "a(1).  # x\n");
  assert.throws(() => assize.formatRules("a("), InvalidRulesError);
  assert.throws(() => assize.formatRules(7), InvalidInputError);
  const rules = 'a(1).\nb(x) if a(x) and not c(x).\nc("t").\n';
  for (const form of ["json", "yaml"]) {
    const text = assize.convertRules(rules, form);
    assert.equal(assize.convertRules([{ text, format: "structured" }], "text").replaceAll("\n\n", "\n"), rules);
  }
  assert.throws(() => assize.convertRules(rules, "xml"), InvalidInputError);
  assert.throws(() => assize.convertRules("a(", "json"), InvalidRulesError);
  assert.throws(() => assize.checkRules(7), InvalidInputError);
});

test("tokens lie in order in any text, counted as JavaScript counts", () => {
  const text = '# 😀 é\n@id("r😀") may(x) if role(x, {a: 1.5}).\ninput k/2.';
  const shown = assize.tokens(text).map(({ kind, start, end }) => `${kind}:${text.slice(start, end)}`);
  assert.deepEqual(shown.slice(0, 8), ["comment:# 😀 é", "annotation:@", "annotation:id", "punctuation:(", 'string:"r😀"', "punctuation:)", "predicate:may", "punctuation:("]);
  assert.ok(shown.includes("keyword:input") && shown.includes("field:a") && shown.includes("number:1.5"));
  for (const hostile of ["", "\ud800 a(1).", '"', "`", "\u0000", "a\u202eb", "(".repeat(10_000), "\ufeffa(1)."]) {
    let end = 0;
    for (const token of assize.tokens(hostile)) {
      assert.ok(token.start >= end && token.end > token.start && token.end <= hostile.length);
      end = token.end;
    }
  }
  assert.equal(assize.tokens("\ud800 a(1).").find(({ kind }) => kind === "predicate").start, 2);
});

test("the built-ins are listed for editors", () => {
  const builtins = assize.builtins();
  const lower = builtins.find(({ name }) => name === "lower");
  assert.deepEqual([lower.arity, lower.function, lower.yields, lower.group, lower.parameters[0].mode], [2, true, "one", "strings", "bound"]);
  const base = new KnowledgeBase("a(1).");
  for (const { name, arity, parameters, example, group } of builtins) {
    assert.equal(parameters.length, arity);
    if (group !== "external") assert.equal(base.query(example).verdict, "allow", `${name}: ${example}`);
  }
});

test("what was freed refuses, once and again", () => {
  const base = new KnowledgeBase(TEAM);
  base.close();
  base.free();
  for (const call of [() => base.query("a(1)"), () => base.warnings, () => base.holds(0), () => base.textHandle("a"), () => base.changeFacts({}), () => [...base.answers("a(x)")], () => base.explain("a(x)"), () => base.decide({})]) {
    assert.throws(call, TypeError);
  }
  const dispose = Symbol.dispose ?? Symbol.for("Symbol.dispose");
  const other = new KnowledgeBase(TEAM);
  other[dispose]();
  assert.throws(() => other.query("a(1)"), TypeError);
});

test("fast decisions and questions don't grow the memory; what nobody frees is freed", async () => {
  const core = await import(new URL("core.js", folder));
  const base = new KnowledgeBase(TEAM);
  const allow = base.predicate("allow", 3);
  const [ann, eve, read] = ["ann", "eve", "read"].map((text) => base.textHandle(text));
  // It is running: this is its memory.
  const bytes = () => core.initSync().memory.buffer.byteLength;
  const rounds = (count) => {
    for (let index = 0; index < count; index += 1) {
      base.holds(allow, ann, read, read);
      base.holds(allow, eve, read, read);
    }
  };
  rounds(1000);
  for (let index = 0; index < 100; index += 1) base.query('allow(x, "read", 1)', { explain: true });
  const before = bytes();
  rounds(50_000);
  for (let index = 0; index < 5000; index += 1) base.query('allow(x, "read", 1)');
  for (let index = 0; index < 500; index += 1) assert.throws(() => new KnowledgeBase("a("), InvalidRulesError);
  assert.equal(bytes() - before, 0);
  for (let index = 0; index < 3000; index += 1) {
    new KnowledgeBase(TEAM).answers('role(x, _)').next();
    if (index % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  }
  assert.equal(new KnowledgeBase(TEAM).query('role("ann", x)').answers.length, 1);
});
