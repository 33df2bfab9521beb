/** What the core refuses. Nothing has changed then. */
export class AssizeError extends Error {
  /** @internal */
  constructor(code, message) {
    super(message);
    this.code = code;
  }

  get name() {
    return this.constructor.name;
  }
}

/** Values that are not acceptable: all of them, each with a JSON Pointer. */
export class InvalidInputError extends AssizeError {
  constructor(message, errors) {
    super("invalid-input", message);
    this.errors = errors;
  }
}

/** A bound was reached. */
export class LimitError extends AssizeError {
  constructor(message, limit) {
    super("limit", message);
    this.limit = limit;
  }
}

/** The state does not permit it, as a cycle after a stop. */
export class ConflictError extends AssizeError {
  constructor(message) {
    super("conflict", message);
  }
}

/** The bytes are damaged, or no snapshot of this kind. */
export class CorruptSnapshotError extends AssizeError {
  constructor(message) {
    super("corrupt-snapshot", message);
  }
}

/** Rules, or a goal, that are not acceptable: everything that is wrong, with its place. */
export class InvalidRulesError extends AssizeError {
  constructor(message, findings) {
    super("invalid-rules", message);
    this.findings = findings;
  }
}

/** A built-in or the host could not say; what depends on it must not be acted on. */
export class EvaluationError extends AssizeError {
  constructor(message) {
    super("evaluation", message);
  }
}

/** The error that something thrown by the core stands for. */
export const errorOf = (thrown) => {
  switch (thrown?.code) {
    case "invalid-input":
      return new InvalidInputError(thrown.message, thrown.errors);
    case "limit":
      return new LimitError(thrown.message, thrown.limit);
    case "conflict":
      return new ConflictError(thrown.message);
    case "corrupt-snapshot":
      return new CorruptSnapshotError(thrown.message);
    case "invalid-rules":
      return new InvalidRulesError(thrown.message, thrown.findings ?? []);
    case "evaluation":
      return new EvaluationError(thrown.message);
    default:
      return thrown instanceof Error ? thrown : new Error(`the core failed: ${String(thrown)}`);
  }
};

/** Calls the core; what it throws becomes an `Error`. */
export const calling = (call) => {
  try {
    return call();
  } catch (thrown) {
    throw errorOf(thrown);
  }
};

/** The bytes of a snapshot, and nothing else. */
export const snapshotBytes = (snapshot) => {
  if (snapshot instanceof Uint8Array) return snapshot;
  throw new InvalidInputError("a snapshot must be a Uint8Array", [{ pointer: "", message: "must be a Uint8Array" }]);
};
