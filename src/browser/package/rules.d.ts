// The rule engine. Field names are those of the HTTP API (docs/http-rules.md); docs/rules-language.md is the language.
import type { AssizeError, Verdict } from "./index.js";

/**
 * A value of the language. A list is an array, a record an object; what JavaScript has no value for is an object with
 * one field that begins with `$`.
 *
 * Integers: a `number` that is a safe integer, beyond that a `bigint`. Floats: any other `number`; a float that is whole,
 * such as 1.0, which is not the integer 1, is `{ $float: 1 }`. What is answered is a value that may be given again.
 */
export type Term =
  | null
  | boolean
  | string
  | number
  | bigint
  | readonly Term[]
  | Special
  | { readonly [field: string]: Term };

/** What JavaScript has no value for. */
export type Special =
  | { readonly $float: number }
  | { readonly $integer: string }
  | { readonly $compound: readonly [name: string, ...arguments: Term[]] }
  | { readonly $list: readonly Term[]; readonly $rest?: Term }
  /** A record with a field whose name begins with `$`. */
  | { readonly $record: { readonly [field: string]: Term } }
  /** An unbound variable; answered only. */
  | { readonly $variable: number };

/** A fact: a predicate and its arguments. */
export type Fact = readonly [predicate: string, ...arguments: Term[]];

/** A text with rules. */
export interface RuleSource {
  /** What messages call it, as in `policy.rules`. Default `source-1` and so on. */
  readonly name?: string;
  readonly text: string;
  /** `structured` is YAML or JSON. Default `text`. */
  readonly format?: "text" | "structured";
}

/** One text, or several, each with or without a name. */
export type RuleSources = string | readonly (string | RuleSource)[];

/** A range in a source, in lines and characters (code points) from 1; the end is the character after the last. */
export interface Place {
  readonly source: string;
  readonly line: number;
  readonly column: number;
  readonly end_line: number;
  readonly end_column: number;
}

/** One thing that is wrong with rules or with a goal. Its place is absent where there is none. */
export interface Finding extends Partial<Place> {
  /** Stable, for programs, as in `unbound-head-variable`. */
  readonly code: string;
  readonly severity: "error" | "warning";
  /** One sentence for people. */
  readonly message: string;
  /** What stands there, in a few words. */
  readonly label?: string;
  /** What to do. */
  readonly help?: string;
}

/** A rule that decided. */
export interface RuleReason {
  /** Stable, for programs: `rules:<what>`. */
  readonly code: string;
  readonly message: string;
  /** The annotation `@id` of the rule. */
  readonly rule?: string;
  readonly place?: Place;
}

/** One thing that holds, and why. */
export interface ProofStep {
  /** What holds, in text form. */
  readonly goal: string;
  /** Steps on the longest way down to something that needs no premise. */
  readonly height: number;
  readonly justification:
    | "fact"
    | "rule"
    | "input-fact"
    | "external"
    | "built-in"
    | "comparison"
    | "absent"
    | "every"
    | "aggregate"
    | "condition"
    | "query";
  /** Where the fact or rule stands. */
  readonly place?: Place;
  /** The rule's annotation `@id`. */
  readonly id?: string;
  /** The rule's annotation `@reason`. */
  readonly reason?: string;
  /** Indexes of the earlier steps that it follows from. */
  readonly premises: readonly number[];
}

/** One way in which a goal holds. */
export interface Answer {
  /** The goal's variables, without those that begin with `_`. */
  readonly bindings: { readonly [variable: string]: Term };
  /** Each step after those that it needs; the last is what was asked. Where `explain` asked for it. */
  readonly proof?: readonly ProofStep[];
}

/** Why a goal has no answer. */
export interface Explanation {
  readonly goal: string;
  readonly attempts: readonly {
    readonly place?: Place;
    readonly id?: string;
    readonly reason?: string;
    /** Goals of the body that held along the attempt that got furthest. */
    readonly reached: number;
    /** What failed, in text form. */
    readonly failed: string;
    /** One sentence for people. */
    readonly message: string;
    /** Facts or conditions that would have let it go on, in text form. */
    readonly needed: readonly string[];
    /** The index of the explanation why what failed has no answer. */
    readonly because?: number;
  }[];
}

/** What only the host can say: an `external` predicate, with what it was called with. */
export interface ExternalCall {
  readonly name: string;
  /** What is asked for is `{ $variable: … }`. */
  readonly arguments: readonly Term[];
}

/** Every solution of a call, each with a value for every argument. */
export type Rows = readonly (readonly Term[])[];

/** The answer of `POST /query`. */
export interface QueryResult {
  /** `allow` where there is an answer; what could not be found out is never a permission. */
  readonly verdict: Verdict;
  readonly reasons: readonly RuleReason[];
  readonly answers: readonly Answer[];
  /** Whether all answers were given. */
  readonly complete: boolean;
  /** The bound that ended it. */
  readonly truncated_by: { readonly name: string; readonly limit: number; readonly observed: number } | null;
  /** Calls of predicates and built-ins. */
  readonly steps: number;
  /** What was asked first; where `why_not` asked for it and there is no answer. */
  readonly why_not?: readonly Explanation[];
  /** What nobody answered; then the verdict is `refine` where there is no answer. */
  readonly needs?: ExternalCall;
}

/** Bounds on one question. */
export interface RuleLimits {
  /** Calls of predicates and built-ins. Default 10,000,000. */
  readonly max_steps?: number;
  /** Height of a proof. Default 100,000. */
  readonly max_depth?: number;
  /** Answers that are given. Default 10,000. */
  readonly max_answers?: number;
  /** Answers that all tables may hold. Default 1,000,000. */
  readonly max_table_answers?: number;
  /** Bytes of terms, stacks and tables. Default 64 MiB. */
  readonly max_bytes?: number;
}

/** How a question is answered. */
export interface QueryOptions<External = Rows> extends RuleLimits {
  /** Milliseconds since 1970-01-01 UTC. Default: the clock. */
  readonly now?: number;
  /** A proof with each answer. */
  readonly explain?: boolean;
  /** Reasons where there is no answer. */
  readonly why_not?: boolean;
  /** Variables by which answers are sorted; `"-risk"` from the greatest. */
  readonly order_by?: readonly string[];
  /** Facts for this question only, of predicates declared `input`. */
  readonly facts?: readonly Fact[];
  /**
   * Answers predicates declared `external`. What it throws becomes the reason of a `deny`; rows that don't fit throw.
   */
  readonly external?: (call: ExternalCall) => External;
}

/** A subject, an action or a resource: its name, or a record with it, and with what else is known of it. */
export type Entity<Name extends string> = string | ({ readonly [field in Name]: string } & { readonly [field: string]: Term });

/** A question for a decision. */
export interface DecideRequest<External = Rows> extends Omit<QueryOptions<External>, "explain" | "order_by"> {
  readonly subject: Entity<"id">;
  readonly action: Entity<"name">;
  readonly resource: Entity<"id">;
  /** The circumstances; a record. */
  readonly context?: { readonly [field: string]: Term };
}

/** The answer of `POST /v1/rules/{name}/decide`. */
export interface Decision {
  /** `transform` is `allow` with obligations. */
  readonly verdict: Verdict;
  readonly reasons: readonly RuleReason[];
  /** What must be done with it; where the verdict is `transform`. */
  readonly obligations?: readonly Term[];
  readonly steps: number;
  readonly why_not?: readonly Explanation[];
  /** What nobody answered; then the verdict is `refine`. */
  readonly needs?: ExternalCall;
}

/** A goal as text, or as a predicate and arguments, where `"?who"` is a variable and `"??x"` the string `?x`. */
export type Goal = string | Fact;

/** Facts and rules, loaded. It frees itself when it is collected, or at the end of `using`. */
export class KnowledgeBase {
  /**
   * Loads all of the sources, or nothing.
   * @throws {InvalidRulesError} has everything that is wrong. @throws {InvalidInputError}
   */
  constructor(sources: RuleSources);
  /**
   * The base that a snapshot was taken of, several times quicker than loading its sources.
   * @throws {CorruptSnapshotError} @throws {ConflictError} where it uses built-ins that this version has not.
   */
  static restore(snapshot: Uint8Array): KnowledgeBase;
  /** Facts as they are now, rules and sources, as bytes: versioned, checksummed, the same on every host. */
  snapshot(): Uint8Array;
  /** What was noticed when it was loaded. */
  readonly warnings: readonly Finding[];
  /**
   * Removes, then adds facts, all or nothing. Questions under way don't see it.
   * @throws {InvalidInputError} names every fact that is not acceptable.
   */
  changeFacts(change: { readonly remove?: readonly Fact[]; readonly add?: readonly Fact[] }): {
    readonly removed: number;
    readonly added: number;
  };
  /**
   * Answers a question: all answers, and may it be acted on?
   * @throws {InvalidRulesError} has everything that is wrong with the goal. @throws {InvalidInputError}
   */
  query(goal: Goal, options?: QueryOptions): QueryResult;
  /** The same where `external` answers later. */
  queryAsync(goal: Goal, options?: QueryOptions<Rows | Promise<Rows>>): Promise<QueryResult>;
  /**
   * The answers one by one, each found when it is asked for.
   * @throws {LimitError} where a bound ends them. @throws {EvaluationError} where it can't be found out.
   */
  answers(goal: Goal, options?: QueryOptions): IterableIterator<Answer>;
  /**
   * The first answer's proof as indented text, or why there is none.
   * @throws {LimitError} @throws {EvaluationError} @throws {InvalidRulesError}
   */
  explain(goal: Goal, options?: QueryOptions): string;
  /**
   * Decides: `deny` beats `escalate`, which beats `allow`; what nothing permits is denied. Asks the predicates of these
   * names with subject, action and resource, or with these and the context, and `oblige` for obligations.
   * @throws {ConflictError} where the rules define no `allow`. @throws {InvalidInputError}
   */
  decide(request: DecideRequest): Decision;
  /** The same where `external` answers later; each question is asked once. */
  decideAsync(request: DecideRequest<Rows | Promise<Rows>>): Promise<Decision>;
  /** The number of a predicate, for `holds`; it stays the same over changes of facts. */
  predicate(name: string, arity: number): number | undefined;
  /** The number of a text, for `holds`. It is kept until this is freed: give it names that recur. */
  textHandle(text: string): number;
  /** The number of a constant; undefined for floats, large integers, and what has parts. */
  handle(value: string | number | bigint | boolean | null | readonly []): number | undefined;
  /**
   * Whether a predicate holds. Nothing is parsed or made for it: it takes a microsecond or so.
   * @throws {LimitError} @throws {EvaluationError} where it can't be found out. @throws {ConflictError} for numbers that
   * were not given, or are too few.
   */
  holds(predicate: number, ...handles: number[]): boolean;
  /** Frees its memory at once; it can't be used any more. */
  free(): void;
  /** Another name of `free`. */
  close(): void;
  [Symbol.dispose](): void;
}

/** Everything that is wrong with sources, without loading them. @throws {InvalidInputError} */
export function checkRules(sources: RuleSources): readonly Finding[];

/** The same as text for a terminal, with the lines that it is about. @throws {InvalidInputError} */
export function reportRules(sources: RuleSources): string;

/** A text in the one style; comments are kept. @throws {InvalidRulesError} for a text that can't be read. */
export function formatRules(text: string): string;

/** Sources as one text, or in structured form; without comments. @throws {InvalidRulesError} @throws {InvalidInputError} */
export function convertRules(sources: RuleSources, form: "text" | "json" | "yaml"): string;

/** What a part of a text is. */
export type TokenKind =
  | "comment"
  | "string"
  | "number"
  | "keyword"
  | "constant"
  | "predicate"
  | "builtin"
  | "variable"
  | "field"
  | "annotation"
  | "operator"
  | "punctuation"
  | "invalid";

/** The parts of a text, in order; what lies between them is blank. It need not be right. */
export function tokens(text: string): readonly {
  readonly kind: TokenKind;
  /** As `text.slice` counts. */
  readonly start: number;
  readonly end: number;
}[];

/** A built-in predicate. */
export interface Builtin {
  /** An operator's symbol for an operator. */
  readonly name: string;
  readonly arity: number;
  readonly parameters: readonly {
    readonly name: string;
    /** `bound`: known, without variables in it; `shape`: known; `any`: unified with what it gives. */
    readonly mode: "bound" | "shape" | "any";
    /** What it must be, as in `list of strings`. */
    readonly kind: string;
  }[];
  /** Whether it may stand in a term without its last argument, which is then its value. */
  readonly function: boolean;
  /** How often it may succeed: `test` binds nothing. */
  readonly yields: "test" | "one" | "many";
  /** The chapter of docs/rules-builtins.md, as in `strings`. */
  readonly group: string;
  readonly summary: string;
  /** A goal that succeeds. */
  readonly example: string;
}

/** Every built-in. */
export function builtins(): readonly Builtin[];

/** Rules, or a goal, that are not acceptable: everything that is wrong. */
export class InvalidRulesError extends AssizeError {
  readonly code: "invalid-rules";
  /** In a goal's own text, the source is `query`. */
  readonly findings: readonly Finding[];
}

/** A built-in or the host could not say; what depends on it must not be acted on. */
export class EvaluationError extends AssizeError {
  readonly code: "evaluation";
}
