// Field names are those of the HTTP API and of WIT (with hyphens there), so that a decision has one
// shape wherever it was made. Numbers are finite; texts are Unicode.

export * from "./gate.js";
export * from "./rules.js";

/** What a caller may do with the outputs. A caller that looks at nothing else is safe. */
export type Verdict = "allow" | "deny" | "refine" | "escalate" | "transform";

/** One rule that bore on the verdict. */
export interface Reason {
  /** Stable, for programs: `<engine>:<rule>`, as in `governor:risk-threshold`. */
  readonly code: string;
  /** One sentence for people. Its wording may change. */
  readonly message: string;
  /** What was measured; absent where the rule has no number. */
  readonly observed?: number;
  /** What it was compared with, in the same unit. */
  readonly threshold?: number;
}

/** What one reasoner said. */
export interface EngineOutput {
  /** Not blank. */
  readonly output: string;
  /** 0 to 1. */
  readonly confidence: number;
  /** Informative; no formula reads it. */
  readonly reasoning_mode?: string | null;
  /** Informative; no formula reads it. */
  readonly internal_monologue?: string | null;
}

/** How the cycle governor decides. Amounts are from 0 to 1,000,000. */
export interface CycleConfig {
  /** The cycle, counted from 1, at which it stops at the latest; at least 1. Default 3. */
  readonly max_cycles: number;
  /** Similarity from which outputs count as converged, 0 to 1. Default 0.9. */
  readonly similarity_threshold: number;
  /** Risk above which it stops, 0 to 1. Default 0.35. */
  readonly risk_threshold: number;
  /** Amount that a session starts with. Default 1. */
  readonly initial_contradiction_budget: number;
  /** Amount of budget that a contradiction of 1 costs. Default 0.175. */
  readonly contradiction_decay_rate: number;
  /** Improvement of quality below which it stops; an amount. Default 0.05. */
  readonly quality_improvement_threshold: number;
  /** Informative, 0 to 1; no formula reads it. Default 0.65. */
  readonly alpha: number;
  /** Informative, 0 to 1; no formula reads it. Default 0.3. */
  readonly beta: number;
  /** Informative, 0 to 1; no formula reads it. Default 0.75. */
  readonly gamma: number;
  /** Informative, 0 to 1; no formula reads it. Default 0.15. */
  readonly delta: number;
  /** Informative, 0 to 1; no formula reads it. Default 0.45. */
  readonly epsilon: number;
  /** Whether too high a risk stops a cycle even where the outputs have converged. Default false. */
  readonly risk_first: boolean;
}

/** One cycle to judge. */
export interface Cycle {
  readonly left: EngineOutput;
  readonly right: EngineOutput;
  /** What is left of the contradiction budget, 0 to 1,000,000. Default: the configured initial budget. */
  readonly budget?: number;
  /** Counts from 1. Default 1. */
  readonly cycle?: number;
  /** Quality of the previous cycle, 0 to 1; without it the plateau rule is not tried. */
  readonly previous_quality?: number | null;
}

/** One cycle to judge, and how. */
export interface EvaluateRequest extends Cycle {
  readonly config?: Partial<CycleConfig>;
}

/** Many cycles to judge under one configuration. */
export interface BatchRequest {
  /** At least one. */
  readonly items: readonly Cycle[];
  readonly config?: Partial<CycleConfig>;
}

/** The rule that stopped a cycle. */
export type CycleStop =
  | "CONVERGENCE_ACHIEVED"
  | "RISK_THRESHOLD_EXCEEDED"
  | "CONTRADICTION_EXHAUSTED"
  | "PLATEAU_DETECTED"
  | "MAX_CYCLES_REACHED";

/** Four views of quality, each 0 to 1. */
export interface QualityMetrics {
  /** Mean confidence. */
  readonly coherence: number;
  /** The similarity. */
  readonly calibration: number;
  /** Mean of both confidences and the joint length in thousands of characters, at most 1. */
  readonly evidence_quality: number;
  /** Mean of similarity and both confidences. */
  readonly actionability: number;
}

/** The judgement of one cycle. */
export interface CycleEvaluation {
  readonly decision: "CONTINUE" | "STOP";
  readonly verdict: Exclude<Verdict, "deny" | "transform">;
  /** Null if another cycle may follow. */
  readonly stop_reason: CycleStop | null;
  /** The decisive one first, then every other rule that would have stopped the cycle. */
  readonly reasons: readonly Reason[];
  /** Share of words that both outputs have, 0 to 1. */
  readonly similarity: number;
  /** 1 minus the similarity. */
  readonly contradiction: number;
  /** Risk of acting on the outputs, 0 to 1. */
  readonly risk: number;
  /** Mean of the four quality metrics, 0 to 1. */
  readonly quality: number;
  readonly quality_metrics: QualityMetrics;
  /** Taken from the budget by this cycle. */
  readonly contradiction_spent: number;
  /** Below 0 on the cycle that overspends. */
  readonly budget_remaining: number;
  /** Counts from 1. */
  readonly cycle: number;
}

/** A lesson kept beside a session. Texts are not blank and at most 16 KiB. */
export interface Wisdom {
  readonly domain: string;
  readonly lesson: string;
  readonly consequence_type: "benign" | "probing" | "near_miss" | "harm";
  readonly future_bias: string;
  /** ISO 8601, given by the caller and not interpreted. */
  readonly timestamp: string;
}

/** Everything that a cycle governor did. Trajectories are in order; the first is cycle 1. */
export interface CycleAudit {
  readonly total_cycles: number;
  /** Of the last cycle; 0 if there was none. */
  readonly final_similarity: number;
  /** Of the last cycle; 0 if there was none. */
  readonly final_risk: number;
  /** Of the last cycle; 0 if there was none. */
  readonly final_quality: number;
  readonly stop_reason: CycleStop | null;
  readonly contradiction_budget: number;
  readonly contradiction_budget_used: number;
  readonly similarity_trajectory: readonly number[];
  readonly risk_trajectory: readonly number[];
  readonly quality_trajectory: readonly number[];
  readonly budget_trajectory: readonly number[];
  readonly wisdom_records_count: number;
  readonly wisdom: readonly Wisdom[];
}

/** How the session governor decides. Amounts are from 0 to 1,000,000. */
export interface SessionConfig {
  /** Cycles after which it freezes at the latest; at least 1. Default 4. */
  readonly max_cycles: number;
  /** Risk above which an answer is disqualified, 0 to 1. Default 0.35. */
  readonly max_risk: number;
  /** Similarity from which answers count as converged, 0 to 1. Default 0.9. */
  readonly similarity_converge: number;
  /** Improvement of the chosen score below which a cycle counts towards a plateau. Default 0.02. */
  readonly min_improvement: number;
  /** Cycles on end without improvement after which it freezes; at least 1. Default 2. */
  readonly plateau_cycles: number;
  /** Amount of contradiction that may be spent. Default 1.5. */
  readonly contradiction_budget: number;
  /** Amount of budget that a contradiction of 1 costs in a contested cycle. Default 0.175. */
  readonly contradiction_decay: number;
}

/** An answer with its assessment. */
export interface Candidate {
  /** Who gave it: not blank, at most 256 bytes. */
  readonly engine_id: string;
  /** From 0. */
  readonly cycle_index: number;
  /** Not blank. */
  readonly answer: string;
  /** 0 to 1. Default 0.5. */
  readonly coherence?: number;
  /** 0 to 1. Default 0.5. */
  readonly calibration?: number;
  /** 0 to 1. Default 0.5. */
  readonly evidence?: number;
  /** 0 to 1. Default 0.5. */
  readonly actionability?: number;
  /** 0 to 1. Default 0. */
  readonly risk?: number;
  /** Whether it keeps every hard constraint. Default true. */
  readonly constraint_ok?: boolean;
  /** What it contradicts; a claim makes the cycle a contested one. */
  readonly contradiction_claim?: string | null;
  /** Informative; no formula reads it. */
  readonly contradiction_value?: number | null;
}

/** How guarded a session is: below 25, 55 and 85 percent of the budget spent, and above. */
export type Posture = "NOM" | "PEM" | "CM" | "IM";

/** The judgement of one step. */
export interface StepDecision {
  readonly decision: "CONTINUE" | "FREEZE";
  readonly verdict: Exclude<Verdict, "transform">;
  /** The rule that froze the session; null if another step may follow. */
  readonly stop_reason: string | null;
  readonly reasons: readonly Reason[];
  readonly chosen_engine: string;
  readonly chosen_answer: string;
  /** Whether the chosen answer keeps the constraints at acceptable risk. */
  readonly qualified: boolean;
  readonly cycle: number;
  /** Cosine of the answers' TF-IDF vectors, 0 to 1. */
  readonly similarity: number;
  /** Of the chosen answer, 0 to 1. */
  readonly risk: number;
  /** -1.6 to 4.3; -1 if disqualified. */
  readonly score_left: number;
  /** -1.6 to 4.3; -1 if disqualified. */
  readonly score_right: number;
  /** In all steps of the session. */
  readonly contradiction_spent: number;
  /** Below 0 where it was overspent. */
  readonly budget_remaining: number;
  readonly posture: Posture;
}

/** What is kept of one step; numbers are rounded to 4 decimals. */
export interface StepRecord {
  readonly cycle: number;
  readonly score_left: number;
  readonly score_right: number;
  readonly similarity: number;
  readonly contradiction_spent: number;
  readonly budget_remaining: number;
  readonly chosen_engine: string;
  readonly risk: number;
}

/** Everything that a session governor did. */
export interface SessionAudit {
  readonly total_cycles: number;
  readonly stop_reason: string | null;
  /** Rounded to 4 decimals. */
  readonly contradiction_spent: number;
  readonly contradiction_budget: number;
  readonly posture: Posture;
  readonly plateau_count: number;
  /** Null before the plateau rule was first tried. */
  readonly best_score: number | null;
  readonly history: readonly StepRecord[];
  readonly last_frozen_answer: string | null;
  readonly wisdom_records_count: number;
  readonly wisdom: readonly Wisdom[];
}

/** One value that is not acceptable. */
export interface FieldError {
  /** JSON Pointer (RFC 6901) into what was given; empty for all of it. */
  readonly pointer: string;
  /** What is wrong and what would be right. */
  readonly message: string;
}

/** What the core refuses. Nothing has changed then. */
export abstract class AssizeError extends Error {
  readonly code: "invalid-input" | "limit" | "conflict" | "corrupt-snapshot" | "invalid-rules" | "evaluation";
}

/** Values that are not acceptable: all of them. */
export class InvalidInputError extends AssizeError {
  readonly code: "invalid-input";
  readonly errors: readonly FieldError[];
}

/** A bound was reached. */
export class LimitError extends AssizeError {
  readonly code: "limit";
  readonly limit: {
    /** Which bound, as in `session-cycles`. */
    readonly name: string;
    /** In the unit that the name says. */
    readonly limit: number;
    readonly observed: number;
  };
}

/** The state does not permit it, as a cycle after a stop. */
export class ConflictError extends AssizeError {
  readonly code: "conflict";
}

/** The bytes are damaged, or no snapshot of this kind. */
export class CorruptSnapshotError extends AssizeError {
  readonly code: "corrupt-snapshot";
}

/**
 * Judges one cycle and remembers nothing.
 * @throws {InvalidInputError} names every field that is not acceptable.
 */
export function evaluate(request: EvaluateRequest): CycleEvaluation;

/**
 * Judges many cycles under one configuration, in order; if one is not acceptable, none is judged.
 * @throws {InvalidInputError} names every field that is not acceptable.
 */
export function evaluateBatch(request: BatchRequest): { readonly evaluations: readonly CycleEvaluation[] };

/** Share of words that both texts have, 0 to 1. */
export function wordOverlap(left: string, right: string): number;

/** Cosine of the texts' TF-IDF vectors, 0 to 1. */
export function cosineSimilarity(left: string, right: string): number;

/** The version of the core, as in `0.1.0`. */
export function version(): string;

/** What both governors have. A governor frees itself when it is collected, or at the end of `using`. */
interface Governor {
  /** Whether a stop bars further cycles until `reopen`. */
  readonly stopped: boolean;
  /** Cycles so far. */
  readonly totalCycles: number;
  /** What is left of the contradiction budget; below 0 where it was overspent. */
  readonly budgetRemaining: number;
  /** The whole state; equal governors give equal bytes. */
  snapshot(): Uint8Array;
  /** Permits further cycles after a stop. */
  reopen(): void;
  /** Forgets every cycle; wisdom stays. */
  reset(): void;
  /**
   * Keeps a lesson.
   * @throws {InvalidInputError} @throws {LimitError}
   */
  addWisdom(wisdom: Wisdom): void;
  /** Frees its memory at once; it can't be used any more. */
  free(): void;
  [Symbol.dispose](): void;
}

/** One budget and one history for many cycles. After a stop it refuses further ones until reopened. */
export class CycleGovernor implements Governor {
  /** @throws {InvalidInputError} names every field that is not acceptable. */
  constructor(config?: Partial<CycleConfig>);
  /** @throws {CorruptSnapshotError} */
  static restore(snapshot: Uint8Array): CycleGovernor;
  /** @throws {InvalidInputError} @throws {ConflictError} after a stop. @throws {LimitError} */
  evaluate(left: EngineOutput, right: EngineOutput): CycleEvaluation;
  config(): CycleConfig;
  audit(): CycleAudit;
  readonly stopped: boolean;
  readonly totalCycles: number;
  readonly budgetRemaining: number;
  snapshot(): Uint8Array;
  reopen(): void;
  reset(): void;
  addWisdom(wisdom: Wisdom): void;
  free(): void;
  [Symbol.dispose](): void;
}

/** Weighs assessed answers and picks one. After a freeze it refuses further ones until reopened. */
export class SessionGovernor implements Governor {
  /** @throws {InvalidInputError} names every field that is not acceptable. */
  constructor(config?: Partial<SessionConfig>);
  /** @throws {CorruptSnapshotError} */
  static restore(snapshot: Uint8Array): SessionGovernor;
  /** @throws {InvalidInputError} @throws {ConflictError} after a freeze. @throws {LimitError} */
  step(left: Candidate, right: Candidate): StepDecision;
  config(): SessionConfig;
  audit(): SessionAudit;
  readonly stopped: boolean;
  readonly totalCycles: number;
  readonly budgetRemaining: number;
  snapshot(): Uint8Array;
  reopen(): void;
  reset(): void;
  addWisdom(wisdom: Wisdom): void;
  free(): void;
  [Symbol.dispose](): void;
}
