import * as core from "./core.js";
import { InvalidInputError, calling, snapshotBytes } from "./errors.js";

export * from "./editor.js";
export {
  AssizeError,
  ConflictError,
  CorruptSnapshotError,
  EvaluationError,
  InvalidInputError,
  InvalidRulesError,
  LimitError,
} from "./errors.js";
export { Controller, confidence, embed, textScore } from "./gate.js";
export { KnowledgeBase } from "./rules.js";

const DISPOSE = Symbol.dispose ?? Symbol.for("Symbol.dispose");

const texts = (left, right) => {
  const errors = Object.entries({ left, right })
    .filter(([, text]) => typeof text !== "string")
    .map(([name, text]) => ({ pointer: `/${name}`, message: `must be a string, got ${typeof text}` }));
  if (errors.length > 0) throw new InvalidInputError("texts must be strings", errors);
};

export const evaluate = (request) => calling(() => core.evaluate(request));

export const evaluateBatch = (request) => calling(() => core.evaluateBatch(request));

export const wordOverlap = (left, right) => {
  texts(left, right);
  return core.wordOverlap(left, right);
};

export const cosineSimilarity = (left, right) => {
  texts(left, right);
  return core.cosineSimilarity(left, right);
};

export const version = () => core.version();

// What both governors have. The handle frees itself when it is collected; `free` does so at once.
const governor = (Core) =>
  class {
    #handle;

    constructor(config) {
      this.#handle = config instanceof Core ? config : calling(() => new Core(config));
    }

    static restore(snapshot) {
      return new this(calling(() => Core.restore(snapshotBytes(snapshot))));
    }

    /** @internal */
    get _handle() {
      if (this.#handle === null) throw new TypeError("this governor was freed");
      return this.#handle;
    }

    get stopped() {
      return this._handle.stopped;
    }

    get totalCycles() {
      return this._handle.totalCycles;
    }

    get budgetRemaining() {
      return this._handle.budgetRemaining;
    }

    config() {
      return calling(() => this._handle.config());
    }

    snapshot() {
      return this._handle.snapshot();
    }

    reopen() {
      this._handle.reopen();
    }

    reset() {
      this._handle.reset();
    }

    addWisdom(wisdom) {
      calling(() => this._handle.addWisdom(wisdom));
    }

    audit() {
      return calling(() => this._handle.audit());
    }

    free() {
      this.#handle?.free();
      this.#handle = null;
    }

    [DISPOSE]() {
      this.free();
    }
  };

export class CycleGovernor extends governor(core.CycleGovernor) {
  evaluate(left, right) {
    return calling(() => this._handle.evaluate(left, right));
  }
}

export class SessionGovernor extends governor(core.SessionGovernor) {
  step(left, right) {
    return calling(() => this._handle.step(left, right));
  }
}
