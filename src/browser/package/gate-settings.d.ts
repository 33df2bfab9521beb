// How a gate and its memory are made. Shares, scores and thresholds are 0 to 1.

/** How the threshold moves. */
export interface ThresholdSettings {
  /**
   * `homeostatic`: towards the target share of accepted requests; `fixed`: not at all; `bounded`: as `homeostatic`, but
   * never below `initial`. Default `homeostatic`.
   */
  readonly policy: "homeostatic" | "fixed" | "bounded";
  /** Where it begins, from `floor` to `ceiling`. Default 0.5. */
  readonly initial: number;
  /** Lowest threshold. Default 0.3. */
  readonly floor: number;
  /** Highest threshold. Default 0.9. */
  readonly ceiling: number;
  /** How far one request moves it, at most. Default 0.05. */
  readonly step: number;
  /** Weight of the newest request in the average acceptance; above 0. Default 0.1. */
  readonly alpha: number;
  /** How far the average may be from the target without a move. Default 0.05. */
  readonly dead_band: number;
  /** Share of requests that are to be accepted. Default 0.5. */
  readonly target: number;
}

/** How long each phase lasts, in steps; at least 1. */
export interface RhythmSettings {
  /** Default 8. */
  readonly wake_steps: number;
  /** Default 3. */
  readonly sleep_steps: number;
}

/** Words that raise or lower a score. Whole words count, in any case. */
export interface WordList {
  /** What the list is called in answers. */
  readonly name: string;
  /** What each occurrence adds to the score, -1 to 1. */
  readonly weight: number;
  readonly words: readonly string[];
}

/** What texts are scored by. */
export interface LexiconSettings {
  /** The score of a text that has none of the words. Default 0.8. */
  readonly base: number;
  /** Default: `harmful` with a weight of -0.15 and `positive` with 0.05. */
  readonly lists: readonly WordList[];
}

/** Bounds of the signals by which an answer's form is judged. */
export interface AnswerQualitySettings {
  /** Share of repeated words from which an answer loops. Default 0.45. */
  readonly max_repetition: number;
  /** Equal words on end from which an answer loops; at least 1. Default 4. */
  readonly max_run: number;
  /** Share of the commonest line from which an answer loops. Default 0.5. */
  readonly max_line_share: number;
  /** Share of words with a letter below which an answer is incoherent. Default 0.6. */
  readonly min_letter_share: number;
  /** Words in a sentence below which, on average, an answer may be telegraphic; 0 to 1,000. Default 6. */
  readonly min_sentence_tokens: number;
  /** Share of function words below which it then is. Default 0.2. */
  readonly min_function_word_share: number;
  /** Share of words that occur in the prompt below which an answer drifts. Default 0.05. */
  readonly min_prompt_overlap: number;
  /** Confidence below which an answer counts as made up. Default 0.4. */
  readonly min_confidence: number;
}

/** When everything stops, and when it starts again. */
export interface EmergencySettings {
  /** Memory of the process above which everything stops, in bytes; not known here. */
  readonly max_process_memory_bytes: number;
  /** Memory of the controller above which everything stops, in bytes. Default 1,503,238,553. */
  readonly max_own_memory_bytes: number;
  /** Share of `max_process_memory_bytes` down to which the process must come. Default 0.8. */
  readonly recovery_share: number;
  /** Time after which it recovers, in milliseconds; null: not by time. Default 60,000. */
  readonly cooldown_ms: number | null;
  /** Refused requests after which it recovers; at least 1. Default 10. */
  readonly recovery_steps: number;
  /** Emergencies from which on it does not recover by itself; at least 1. Default 3. */
  readonly max_emergencies: number;
  /** Time after which one emergency is forgotten, in milliseconds; at least 1. Default 600,000. */
  readonly clean_period_ms: number;
}

/** When something that keeps failing is left alone, and for how long. */
export interface BreakerSettings {
  /** Failures on end after which it is; at least 1. */
  readonly failures: number;
  /** Time after the last failure until it is tried again, in milliseconds. */
  readonly cooldown_ms: number;
  /** Successes on end after which all is well again; at least 1. */
  readonly successes: number;
}

/** What of the memory goes before a prompt. */
export interface ContextSettings {
  /** Entries that are recalled where a request does not say, 1 to 1,000. Default 5. */
  readonly top_k: number;
  /** Texts of them that go before the prompt, at most. Default 3. */
  readonly max_texts: number;
  /** Tokens that these texts may have, 4 characters each; a text that does not fit is left out. Default 1,024. */
  readonly max_tokens: number;
  /** How far an entry's phase may be from that of being awake. Default 0.15. */
  readonly phase_tolerance: number;
  /** Confidence that an entry must have. Default 0. */
  readonly min_confidence: number;
}

/** How requests are admitted and answers are judged. */
export interface GateSettings {
  readonly threshold: ThresholdSettings;
  readonly rhythm: RhythmSettings;
  readonly lexicon: LexiconSettings;
  readonly quality: AnswerQualitySettings;
  readonly emergency: EmergencySettings;
  readonly embedding_breaker: BreakerSettings;
  readonly memory_breaker: BreakerSettings;
  readonly context: ContextSettings;
  /** Bytes of text that are remembered of a request; 0: none. Default 4,096. */
  readonly remembered_bytes: number;
  /** Tokens that an answer may have where a request does not say; at least 1. Default 2,048. */
  readonly max_tokens: number;
  /** Text score that a prompt must have; null: any, the default. */
  readonly pre_check: number | null;
  /** Text score that an answer must have; null: any, the default. */
  readonly post_check: number | null;
  /** Time from the beginning of a request to its answer, in milliseconds; null: any, the default. */
  readonly max_processing_ms: number | null;
}

/** How large the memory is. It is set aside at once: about 49 MB with what is usual. */
export interface MemorySettings {
  /** Numbers of every vector, 1 to 4,096. Default 384. */
  readonly dimension: number;
  /** Entries that are kept, 1 to 1,000,000; WebAssembly has 4 GB for everything. Default 20,000. */
  readonly capacity: number;
  /** Bytes for the texts and source names of all entries together, 0 to 1,073,741,824. Default 8,388,608. */
  readonly text_bytes: number;
  /** Whether to keep a compressed copy of each vector, with which the same answers are found sooner. Default true. */
  readonly compressed_index: boolean;
}

/** How the three levels fade and what they pass on. */
export interface SynapticSettings {
  /** Share of each level that fades with each event, above 0, at most 1. */
  readonly lambda: readonly [number, number, number];
  /** What the first and the second level must exceed to pass something on, above 0. */
  readonly theta: readonly [number, number];
  /** Share that they then pass on. */
  readonly gating: readonly [number, number];
  /** What has to exceed `theta`. Default `norm`. */
  readonly transfer: "norm" | "per-component";
}

/** How a controller is made, with every field. */
export interface ControllerSettings {
  readonly gate: GateSettings;
  readonly memory: MemorySettings;
  readonly synaptic: SynapticSettings;
  /** Who finds the embedding of a text: `hashing`, the built-in one, the default, or `caller`. */
  readonly embedder: "hashing" | "caller";
}

type Some<T> = { readonly [K in keyof T]?: T[K] };

/** How a controller is to be made. What is left out is as usual. */
export interface ControllerOptions {
  readonly gate?: { readonly [K in keyof GateSettings]?: GateSettings[K] extends object ? Some<GateSettings[K]> : GateSettings[K] };
  readonly memory?: Some<MemorySettings>;
  readonly synaptic?: Some<SynapticSettings>;
  readonly embedder?: ControllerSettings["embedder"];
}
