// Compiled with `tsc --strict`, never run: what a typed caller may write, and what it may not.
import { ConflictError, CycleGovernor, InvalidInputError, SessionGovernor, evaluate, evaluateBatch, wordOverlap } from "assize";
import { EvaluationError, InvalidRulesError, KnowledgeBase, builtins, checkRules, convertRules, tokens } from "assize";
import type { Decision, Fact, Finding, QueryResult, Term } from "assize";
import type { CycleEvaluation, EngineOutput, Verdict } from "assize";
import { Controller, confidence, embed, textScore } from "assize";
import type { Admission, ControllerOptions, Generated, InsertResult, MemoryEntry } from "assize";
import { start } from "assize/manual";

const side: EngineOutput = { output: "a", confidence: 1 };
const evaluation: CycleEvaluation = evaluate({ left: side, right: side, config: { max_cycles: 2 } });
const verdict: Verdict = evaluation.verdict;
const least: number = Math.min(...evaluateBatch({ items: [{ left: side, right: side }] }).evaluations.map((one) => one.risk));
const governor = CycleGovernor.restore(new CycleGovernor({ risk_first: true }).snapshot());
const kept: readonly number[] = governor.audit().risk_trajectory;
const step = new SessionGovernor().step({ engine_id: "l", cycle_index: 0, answer: "a" }, { engine_id: "r", cycle_index: 0, answer: "a" });

try {
  governor.evaluate(side, side);
} catch (error) {
  if (error instanceof InvalidInputError) console.log(error.errors[0]?.pointer);
  if (error instanceof ConflictError) console.log(error.code === "conflict");
}

// @ts-expect-error a confidence is a number
evaluate({ left: { output: "a", confidence: "1" }, right: side });
// @ts-expect-error a field that is not known
evaluate({ left: side, right: side, budgte: 1 });
// @ts-expect-error texts only
wordOverlap(1, "a");
// @ts-expect-error answers are not written to
evaluation.risk = 0;
// @ts-expect-error a verdict that there is not
const other: Verdict = "maybe";


using base = new KnowledgeBase([{ name: "p.rules", text: "a(1)." }, "b(2)."]);
const facts: readonly Fact[] = [["extra", 1, 2n, { $float: 1 }, [null, { a: "b" }], { $compound: ["f", true] }]];
const result: QueryResult = base.query("a(x)", { explain: true, order_by: ["-x"], max_steps: 10, facts, external: ({ name }) => [[name]] });
const value: Term | undefined = result.answers[0]?.bindings.x;
const proved: string | undefined = result.answers[0]?.proof?.at(-1)?.place?.source;
const later: Promise<QueryResult> = base.queryAsync(["a", "?x"], { external: async () => [["k", 1]] });
const decision: Decision = base.decide({ subject: "ann", action: { name: "read", risk: 0.5 }, resource: { id: "d", tags: ["x"] } });
const changed: number = base.changeFacts({ add: facts }).added;
const predicate = base.predicate("a", 1);
if (predicate !== undefined) base.holds(predicate, base.textHandle("x"));
for (const { bindings } of base.answers("a(x)")) console.log(bindings.x);
const found: readonly Finding[] = checkRules("a(1).");
const text: string = convertRules("a(1).", "yaml") + base.explain("a(x)") + builtins()[0]?.summary + tokens("a(1).")[0]?.kind;
try {
  base.query("a(");
} catch (error) {
  if (error instanceof InvalidRulesError) console.log(error.findings[0]?.line, error.code === "invalid-rules");
  if (error instanceof EvaluationError) console.log(error.code === "evaluation");
}

// @ts-expect-error rules are text
new KnowledgeBase({ text: "a(1)." });
// @ts-expect-error only `queryAsync` waits
base.query("a(x)", { external: async () => [] });
// @ts-expect-error a number is what `predicate` gives
base.holds("a", 1);
// @ts-expect-error a form that there is not
convertRules("a(1).", "xml");
// @ts-expect-error a value that there is not
base.changeFacts({ add: [["extra", () => 1]] });
// @ts-expect-error what is decided about is missing
base.decide({ subject: "ann", action: "read" });

const options: ControllerOptions = { gate: { threshold: { policy: "bounded" }, pre_check: null }, memory: { capacity: 10 } };
using gate = new Controller(options);
const again = new Controller(gate.settings());
const admission: Admission = gate.admit({ text: "a", vector: new Float32Array(384) }, 1);
const answered: Promise<Generated> = gate.generate({ prompt: "a" }, { model: (prompt, { max_tokens }) => `${prompt} ${max_tokens}`, embed: async () => [1], now: () => 1 });
const stored: InsertResult = gate.insert({ entries: [{ vector: [1, 2], source: "user_input" }, { text: "a" }] });
const [first] = stored.entries;
if (first !== undefined && "stored" in first) console.log(first.stored.id);
const entry: MemoryEntry | undefined = gate.retrieve(embed("a"), { top_k: 1 })[0]?.entry ?? gate.entries({ count: 1 }).entries[0];
const score: number = textScore("a").score + confidence("a") + gate.state().counters.step + again.forget({ ids: [1] });

// @ts-expect-error a policy that there is not
new Controller({ gate: { threshold: { policy: "loose" } } });
// @ts-expect-error somebody must answer
gate.generate({ prompt: "a" });
// @ts-expect-error like one of them
gate.search({ text: "a", vector: [1] });
// @ts-expect-error a model answers with text
gate.generate({ prompt: "a" }, { model: () => 7 });

export { admission, answered, entry, score };
export { value, proved, later, decision, changed, found, text };
export { verdict, least, kept, step, other, start };
