// The gate with its memory. Field names are those of the HTTP API. Shares, scores and thresholds are 0 to 1; times are
// whole milliseconds since 1970-01-01 UTC.
import type { ControllerOptions, ControllerSettings, ThresholdSettings } from "./gate-settings.js";
import type { Reason, Verdict } from "./index.js";

export * from "./gate-settings.js";

/** Where something is awake or asleep. */
export type GatePhase = "wake" | "sleep";

/** The numbers of a vector, as many as the memory has dimensions: finite, of magnitude at most 1e18. */
export type Vector = Float32Array | Float64Array | readonly number[];

/** The threshold went far in one direction in its last changes. */
export interface DriftAlarm {
  /** The newest threshold minus that of `changes` - 1 changes ago. */
  readonly change: number;
  /** The size of a change from which an alarm is given. */
  readonly limit: number;
  readonly changes: number;
}

/** What a request's score was held against. */
export interface GateJudgement {
  /** Null where the request was refused before it was scored. */
  readonly score: number | null;
  readonly threshold_before: number;
  readonly threshold_after: number;
  /** The average acceptance after the request. */
  readonly acceptance: number;
  readonly policy: ThresholdSettings["policy"];
  /** Null unless the threshold has gone far in one direction. */
  readonly alarm: DriftAlarm | null;
}

/** Where an entry comes from. */
export type EntrySource = "user_input" | "llm_generation" | "retrieved" | "system";

/** An entry that is stored, without its vector. */
export interface MemoryEntry {
  /** By which it is known; newer entries have higher ids. */
  readonly id: number;
  /** 0.9 once it is consolidated. */
  readonly phase: number;
  /** 0.5 to 1. */
  readonly confidence: number;
  /** Whether it was consolidated: found in its first phase, too, and evicted last. */
  readonly consolidated: boolean;
  readonly source: EntrySource;
  /** Whom or what it comes from. */
  readonly source_name: string | null;
  readonly text: string | null;
  readonly timestamp: number;
  /** From when on it is not found. */
  readonly expires_at: number | null;
  /** The id of the entry that it was made from. */
  readonly parent: number | null;
}

/** An entry that was found. */
export interface FoundEntry {
  /** How like it is: the cosine of the angle between the vectors, about -1 to 1. */
  readonly resonance: number;
  readonly entry: MemoryEntry;
}

/** What a caller that runs its own model wants to do; with `text`, `moral_value`, or both. */
export interface AdmitRequest {
  /** The prompt, at most 10,000 characters. */
  readonly text?: string;
  /** The score; where there is none, that of the text. */
  readonly moral_value?: number;
  /** Like what entries are recalled; where there is none, like the text. */
  readonly vector?: Vector;
  /** Entries to recall, 1 to 20. Default 5 where there is a `vector`, else none are. */
  readonly context_top_k?: number;
}

/** Whether a request may go on. */
export interface Admission {
  readonly accepted: boolean;
  /** `refine` where it may be asked again later. */
  readonly verdict: Extract<Verdict, "allow" | "deny" | "refine">;
  /** The phase in which it was asked. */
  readonly phase: GatePhase;
  /** Requests so far that reached the gate, this one included. */
  readonly step: number;
  /** `admitted`, or one of the fixed words for a refusal. */
  readonly note: string;
  /** The threshold after this request, rounded to 4 decimals. */
  readonly moral_threshold: number;
  /** The decisive one first. */
  readonly reasons: readonly Reason[];
  readonly judgement: GateJudgement;
  /** What was remembered, the best first; absent unless the request asked for it and may go on. */
  readonly context?: readonly FoundEntry[];
}

/** What a caller's own model answered to a request that was admitted. */
export interface RecordRequest {
  /** The prompt, at most 10,000 characters. */
  readonly prompt?: string;
  /** The model's answer, at most 1,048,576 bytes. */
  readonly response: string;
}

/** A prompt for the language model. */
export interface GenerateRequest {
  /** Not blank, at most 10,000 characters. */
  readonly prompt: string;
  /** The prompt's score; where there is none, that of its text. */
  readonly moral_value?: number;
  /** Tokens that the answer may have, 1 to 1,000,000. Default: as the settings say. */
  readonly max_tokens?: number;
  /** Entries to recall, 1 to 20. Default: as the settings say. */
  readonly context_top_k?: number;
  /** The prompt's embedding. */
  readonly vector?: Vector;
  /** Whom what is remembered comes from, by which it can be forgotten; 1 to 256 bytes. */
  readonly user?: string;
}

/** Who answers what the gate asks. What these functions throw is a failure that the answer tells. */
export interface GenerateOptions {
  /**
   * Asks your model. `prompt` is that of the request, with remembered texts before it. Give it a bound on time: until
   * it has answered, the request is under way, as at most 1,024 may be.
   */
  readonly model: (prompt: string, options: { readonly max_tokens: number }) => string | PromiseLike<string>;
  /** Finds the embedding of a text. Needed where the setting `embedder` is `caller` and the request has no vector. */
  readonly embed?: (text: string) => Vector | PromiseLike<Vector>;
  /** The time of everything that is done, or what tells it. Default: the clock. */
  readonly now?: number | (() => number);
}

/** What one way to fail was measured at. */
export interface QualitySignal {
  readonly mode: "collapse" | "looping" | "incoherence" | "telegraphing" | "drift" | "hallucination";
  /** How strongly it shows. */
  readonly score: number;
  /** The score from which it counts, where other conditions hold as well. */
  readonly threshold: number;
  readonly triggered: boolean;
  /** What was counted, by name. */
  readonly evidence: { readonly [name: string]: number };
}

/** The judgement of an answer's form. */
export interface AnswerQuality {
  /** `degrade`: given, but not remembered. */
  readonly action: "accept" | "degrade" | "reject";
  readonly triggered_modes: readonly QualitySignal["mode"][];
  /** One for each way to fail, always in the same order. */
  readonly signals: readonly QualitySignal[];
}

/** The end of a request. */
export interface Generated {
  /** The model's answer; empty where it is not accepted. */
  readonly response: string;
  /** Whether `response` may be used. */
  readonly accepted: boolean;
  /** The phase in which it was asked. */
  readonly phase: GatePhase;
  /** Requests that had reached the gate when this one did, this one included. */
  readonly step: number;
  /** `processed`, or what went wrong. */
  readonly note: string;
  /** The threshold after this request, rounded to 4 decimals. */
  readonly moral_threshold: number;
  /** Entries that were recalled. */
  readonly context_items: number;
  /** Texts of them that went before the prompt. */
  readonly context_texts: number;
  /**
   * `transform` where remembered texts went before the prompt; `escalate` where the answer's quality is doubtful;
   * `refine` where it may be asked again later.
   */
  readonly verdict: Verdict;
  /** The decisive one first. */
  readonly reasons: readonly Reason[];
  readonly judgement: GateJudgement;
  /** How sure the answer sounds; null where there is none. */
  readonly confidence: number | null;
  /** Null where the answer was not judged. */
  readonly quality_gate: AnswerQuality | null;
  /** Tokens that the model was given; 0 where it was not asked. */
  readonly max_tokens_used: number;
  /** Whether the memory has kept something of it. */
  readonly remembered: boolean;
  /** Whether the memory is left out because it fails. */
  readonly stateless_mode: boolean;
}

/** An entry to store, with a vector, with a text for the built-in embedder, or with both. */
export interface NewEntry {
  readonly vector?: Vector;
  /** 1 to 16,384 bytes. */
  readonly text?: string;
  /** 0.1 is being awake, the default. */
  readonly phase?: number;
  /** Below 0.5 the entry is refused. Default 1. */
  readonly confidence?: number;
  /** Default `system`. */
  readonly source?: EntrySource;
  /** Whom or what it comes from, by which it can be forgotten; 1 to 256 bytes. */
  readonly source_name?: string;
  /** Default: the time of the call. */
  readonly timestamp?: number;
  /** From when on it is not found; later than the call. */
  readonly expires_at?: number;
  /** The id of the entry that it was made from. */
  readonly parent?: number;
}

/** What became of entries. */
export interface InsertResult {
  readonly stored: number;
  /** How many are refused for their confidence. */
  readonly refused: number;
  /** One for each entry, in their order; `evicted` are the ids of what had to give way. */
  readonly entries: readonly (
    | { readonly stored: { readonly id: number; readonly evicted: readonly number[] } }
    | { readonly refused: { readonly confidence: number; readonly required: number } }
  )[];
}

/** How entries are looked for. */
export interface RetrieveOptions {
  /** 0.1 is being awake, the default. */
  readonly phase?: number;
  /** How far an entry's phase may be from `phase`; at least 0. Default 0.15. */
  readonly tolerance?: number;
  /** Entries to give at most, 1 to 10,000. Default 5. */
  readonly top_k?: number;
  /** Confidence that an entry must have. Default 0. */
  readonly min_confidence?: number;
}

/** What is looked for: like a vector, or like a text of at most 16,384 bytes. */
export type SearchRequest = RetrieveOptions & ({ readonly vector: Vector; readonly text?: undefined } | { readonly text: string; readonly vector?: undefined });

/** What is to be forgotten: 1 to 10,000 entries, or all that came from one source. */
export type ForgetRequest = { readonly ids: readonly number[] } | { readonly source_name: string };

/** What a memory holds. */
export interface MemoryUsage {
  /** Entries that are kept at most. */
  readonly capacity: number;
  /** Entries, with those that have expired and were not removed yet. */
  readonly used: number;
  readonly consolidated: number;
  /** Bytes of memory that are set aside, full or not. */
  readonly memory_bytes: number;
  /** The same in units of 1,048,576 bytes, rounded to 2 decimals. */
  readonly memory_mb: number;
  /** Bytes of the blocks that hold texts. */
  readonly text_bytes: number;
}

/** Whether something that failed is left alone. */
export type BreakerState = "closed" | "open" | "half_open";

/** What a controller is like now. */
export interface ControllerState {
  /** Requests that reached the gate. */
  readonly step: number;
  readonly phase: GatePhase;
  /** Steps until the other phase begins; at least 1. */
  readonly phase_counter: number;
  /** The score that the next request must reach, rounded to 4 decimals. */
  readonly moral_threshold: number;
  /** The average acceptance, rounded to 4 decimals. */
  readonly moral_ema: number;
  /** Requests that were answered and, where the memory took it, remembered. */
  readonly accepted_count: number;
  /** Requests whose score was below the threshold. */
  readonly rejected_count: number;
  /** Euclidean norms of the levels that fade, from the one that fades soonest. */
  readonly synaptic_norms: { readonly L1: number; readonly L2: number; readonly L3: number };
  readonly synaptic_bytes: number;
  readonly pelm_stats: MemoryUsage;
  /** Entries remembered since the last consolidation. */
  readonly consolidation_buffer_size: number;
  /** Requests under way. */
  readonly in_flight: number;
  readonly reliability: {
    /** Whether the memory is left out because it fails. */
    readonly stateless_mode: boolean;
    /** Of embeddings. */
    readonly circuit_breaker_state: BreakerState;
    readonly memory_breaker_state: BreakerState;
    readonly pelm_failure_count: number;
    readonly embedding_failure_count: number;
    readonly llm_failure_count: number;
  };
  /** Where the threshold has been. */
  readonly drift: {
    /** Changes since the beginning. */
    readonly changes: number;
    /** Changes that `lowest`, `highest` and `range` are of: the last ones, at most 100. */
    readonly recorded: number;
    readonly lowest: number;
    readonly highest: number;
    readonly range: number;
    readonly current: number;
  };
  /** The emergency that has not ended. */
  readonly emergency: {
    readonly cause: "process_memory_exceeded" | "memory_limit_exceeded";
    readonly since_ms: number;
    /** Requests that were refused since. */
    readonly refused: number;
  } | null;
  /** Emergencies that are not forgotten. */
  readonly recent_emergencies: number;
  /** How often what happened. `step` is the sum of `rejected`, `asleep`, `stops` and `admitted`. */
  readonly counters: {
    readonly [
      K in "step" | "rejected" | "asleep" | "stops" | "stopped" | "pre_check" | "admitted" | "accepted" | "degraded" | "quality_rejected" | "empty"
        | "post_check" | "embedding_failed" | "generation_failed" | "late" | "not_stored" | "cancelled" | "embedding_failures" | "memory_failures"
    ]: number;
  };
}

/**
 * A gate with its memory: who may ask a model, what of its answer is given, and what is remembered. It frees itself
 * when it is collected, or at the end of `using`. `now` is the time of a call; the clock's where it is left out.
 */
export class Controller {
  /** @throws {InvalidInputError} names every field that is not acceptable, or that there is not so much memory. */
  constructor(settings?: ControllerOptions);
  /**
   * Goes on where the snapshot was taken. Requests that were under way are given up.
   * @throws {CorruptSnapshotError} says what is damaged.
   */
  static restore(snapshot: Uint8Array): Controller;
  /** The whole state, its memory with it; equal controllers give equal bytes. */
  snapshot(): Uint8Array;
  /** How it was made, with every field. */
  settings(): ControllerSettings;
  state(): ControllerState;
  /**
   * Judges a request of a caller that runs its own model, and adapts the threshold.
   * @throws {InvalidInputError} @throws {ConflictError} where entries are asked for by a text and embeddings are yours.
   */
  admit(request: AdmitRequest, now?: number): Admission;
  /**
   * Judges what your model answered to a request that was admitted. Nothing is remembered of it; see `insert`.
   * @throws {InvalidInputError} @throws {ConflictError} where no admitted request waits for its outcome.
   */
  record(request: RecordRequest, now?: number): Generated;
  /**
   * Admits a request, recalls, asks your functions, judges the answer, and remembers. Refusals and failures of your
   * functions are answers, with `accepted` false. Many may be under way at once.
   * @throws {InvalidInputError} @throws {LimitError} for more than 1,024 under way.
   * @throws {ConflictError} after a `reset` in between.
   */
  generate(request: GenerateRequest, options: GenerateOptions): Promise<Generated>;
  /**
   * Stores 1 to 1,000 entries, all or none, whatever the gate says.
   * @throws {InvalidInputError} @throws {ConflictError} for a text without a vector where embeddings are yours.
   */
  insert(request: { readonly entries: readonly NewEntry[] }, now?: number): InsertResult;
  /**
   * Looks for entries, the most alike first; of equals the newer first.
   * @throws {InvalidInputError} @throws {ConflictError} for a text where embeddings are yours.
   */
  search(request: SearchRequest, now?: number): { readonly entries: readonly FoundEntry[] };
  /** As `search`, by a vector. A Float32Array crosses as it is. @throws {InvalidInputError} */
  retrieve(vector: Vector, options?: RetrieveOptions, now?: number): readonly FoundEntry[];
  /** Overwrites entries. Gives how many there were. @throws {InvalidInputError} */
  forget(request: ForgetRequest): number;
  /**
   * A page of entries, the oldest first: at most `count` (1 to 1,000, default 100) with ids above `after` (default 0).
   * `next` is `after` of the next page; null where there are no more.
   * @throws {InvalidInputError}
   */
  entries(page?: { readonly after?: number; readonly count?: number }, now?: number): { readonly entries: readonly MemoryEntry[]; readonly next: number | null };
  /** The entry with an id; undefined where there is none. @throws {InvalidInputError} */
  entry(id: number, now?: number): MemoryEntry | undefined;
  /** A copy of its vector; undefined where there is none. @throws {InvalidInputError} */
  vector(id: number, now?: number): Float32Array | undefined;
  /** Removes entries that have expired, at most `limit` (default 1,000). Gives how many. @throws {InvalidInputError} */
  sweep(limit?: number, now?: number): number;
  /** One step of the rhythm that no request makes. Gives the phase that it leads to. */
  advanceRhythm(now?: number): GatePhase;
  /** Ends an emergency, and forgets all of them. */
  resetEmergency(): void;
  /** Forgets everything but the settings. @throws {InvalidInputError} where there is not memory for both for a moment. */
  reset(): void;
  /** Frees its memory at once; it can't be used any more. */
  free(): void;
  [Symbol.dispose](): void;
}

/**
 * The vector of a text by feature hashing of words and parts of words, with a norm of 1: texts are alike if they share
 * them; what words mean is not known. `dimension` is 1 to 4,096, by default 384.
 * @throws {InvalidInputError} for a text that is blank or longer than 1,048,576 bytes.
 */
export function embed(text: string, dimension?: number): Float32Array;

/** The score of a text by the usual lists of words, and how often words of each list occur. @throws {InvalidInputError} */
export function textScore(text: string): { readonly score: number; readonly occurrences: { readonly [list: string]: number } };

/** How sure a text sounds, 0 to 1, by its words alone. @throws {InvalidInputError} */
export function confidence(text: string): number;
