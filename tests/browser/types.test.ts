// Compiled with `tsc --strict`, never run: what a typed caller may write, and what it may not.
import { ConflictError, CycleGovernor, InvalidInputError, SessionGovernor, evaluate, evaluateBatch, wordOverlap } from "assize";
import type { CycleEvaluation, EngineOutput, Verdict } from "assize";
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

export { verdict, least, kept, step, other, start };
