import * as core from "./core.js";
import { EvaluationError, calling, snapshotBytes } from "./errors.js";
import { kind, read, refuse, wellFormed, write } from "./terms.js";

const DISPOSE = Symbol.dispose ?? Symbol.for("Symbol.dispose");

/** The body that names sources. A text alone is one source. */
export const sourcesOf = (sources) => {
  const given = typeof sources === "string" ? [sources] : sources;
  if (!Array.isArray(given)) refuse("/sources", `must be a string or an array, got ${kind(given)}`);
  return write({ sources: given });
};

let limits;

/** The body of a question. What is not asked for is as the core has it. */
const questionOf = (asked, options) => {
  const { external, ...given } = optionsOf(options);
  for (const name of ["query", "rules", "sources"]) {
    if (given[name] !== undefined) refuse(`/${name}`, "is not a known field: the goal and this knowledge base are asked");
  }
  return { body: write({ query: asked, ...given }), external };
};

/** Options with what is not asked for as the core has it. */
const optionsOf = (options = {}) => {
  if (typeof options !== "object" || options === null) refuse("/options", `must be an object, got ${kind(options)}`);
  limits ??= JSON.parse(core.defaultLimits());
  const given = { now: Date.now(), ...limits };
  for (const name of Object.keys(options)) if (options[name] !== undefined) given[name] = options[name];
  const { external } = given;
  if (external !== undefined && typeof external !== "function") refuse("/external", `must be a function, got ${kind(external)}`);
  return given;
};

/** Why a function of the caller failed. */
export const problemOf = (thrown) => {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    return "it threw what has no text";
  }
};

/** Asks the caller for rows, which become text; what it throws is why there are none. */
const rowsOf = (question, external) => {
  const call = read(question);
  let rows;
  try {
    rows = external(call);
  } catch (thrown) {
    return { problem: problemOf(thrown) };
  }
  if (typeof rows?.then === "function") {
    rows.then(undefined, () => {});
    throw new TypeError(`\`external\` answered \`${call.name}\` with a promise: use queryAsync`);
  }
  return { rows: write(rows) };
};

const answered = (query, external) => {
  const { rows, problem } = rowsOf(query.question(), external);
  calling(() => (rows === undefined ? query.fail(problem) : query.provide(rows)));
};

const answeredLater = async (query, external) => {
  let rows;
  try {
    rows = await external(read(query.question()));
  } catch (thrown) {
    calling(() => query.fail(problemOf(thrown)));
    return;
  }
  const text = write(rows);
  calling(() => query.provide(text));
};

/** Facts and rules, loaded. It frees itself when it is collected; `free` does so at once. */
export class KnowledgeBase {
  #handle;
  #warnings;

  constructor(sources) {
    if (sources instanceof core.KnowledgeBase) {
      this.#handle = sources;
    } else {
      const body = sourcesOf(sources);
      this.#handle = calling(() => new core.KnowledgeBase(body));
    }
  }

  static restore(snapshot) {
    return new this(calling(() => core.KnowledgeBase.restore(snapshotBytes(snapshot))));
  }

  snapshot() {
    return this.#base.snapshot();
  }

  get #base() {
    if (this.#handle === null) throw new TypeError("this knowledge base was freed");
    return this.#handle;
  }

  get warnings() {
    this.#warnings ??= JSON.parse(this.#base.warnings());
    return this.#warnings;
  }

  changeFacts(change) {
    const base = this.#base;
    const body = write(change);
    const [removed, added] = calling(() => base.changeFacts(body));
    return { removed, added };
  }

  #start(goal, options) {
    const base = this.#base;
    const { body, external } = questionOf(goal, options);
    return { query: calling(() => base.query(body)), external };
  }

  query(goal, options) {
    const { query, external } = this.#start(goal, options);
    try {
      for (;;) {
        const reply = calling(() => query.run());
        if (reply !== undefined) return read(reply);
        if (external === undefined) return read(query.unanswered());
        answered(query, external);
      }
    } finally {
      query.free();
    }
  }

  async queryAsync(goal, options) {
    const { query, external } = this.#start(goal, options);
    try {
      for (;;) {
        const reply = calling(() => query.run());
        if (reply !== undefined) return read(reply);
        if (external === undefined) return read(query.unanswered());
        await answeredLater(query, external);
      }
    } finally {
      query.free();
    }
  }

  *answers(goal, options) {
    const { query, external } = this.#start(goal, options);
    try {
      for (;;) {
        const answer = calling(() => query.next());
        if (answer !== undefined) yield read(answer);
        else if (query.question() === undefined) return;
        else if (external !== undefined) answered(query, external);
        else throw new EvaluationError(read(query.unanswered()).reasons.at(-1).message);
      }
    } finally {
      query.free();
    }
  }

  explain(goal, options) {
    const { query, external } = this.#start(goal, { ...options, explain: true, why_not: true, max_answers: 1 });
    try {
      for (;;) {
        const text = calling(() => query.explain());
        if (text !== undefined) return text;
        if (external === undefined) throw new EvaluationError(read(query.unanswered()).reasons.at(-1).message);
        answered(query, external);
      }
    } finally {
      query.free();
    }
  }

  decide(request) {
    const base = this.#base;
    const { external, ...given } = optionsOf(request);
    const body = write(given);
    const answer =
      external &&
      ((question) => {
        const { rows, problem } = rowsOf(question, external);
        return rows === undefined ? `problem${problem}` : `rows${rows}`;
      });
    return read(calling(() => base.decide(body, answer)));
  }

  // The core decides in one go: it is asked again with every answer that came, until nothing is missing.
  async decideAsync(request) {
    const { external, ...given } = optionsOf(request);
    const body = write(given);
    if (external === undefined) return read(calling(() => this.#base.decide(body)));
    const known = new Map();
    for (;;) {
      const base = this.#base;
      let missing;
      const answer = (question) => {
        if (!known.has(question)) {
          missing = question;
          throw new Error("not known yet");
        }
        return known.get(question);
      };
      try {
        return read(calling(() => base.decide(body, answer)));
      } catch (thrown) {
        if (missing === undefined) throw thrown;
      }
      let rows;
      try {
        rows = await external(read(missing));
      } catch (thrown) {
        known.set(missing, `problem${problemOf(thrown)}`);
        continue;
      }
      known.set(missing, `rows${write(rows)}`);
    }
  }

  predicate(name, arity) {
    return this.#base.predicate(wellFormed(name, "/name"), arity);
  }

  textHandle(text) {
    return this.#base.textHandle(wellFormed(text, "/text"));
  }

  handle(value) {
    if (typeof value === "string") return this.textHandle(value);
    const base = this.#base;
    const text = write([value]);
    return calling(() => base.handle(text));
  }

  holds(predicate, first, second, third) {
    const base = this.#base;
    const count = arguments.length - 1;
    const said =
      count <= 3
        ? base.holds(predicate, Date.now(), count, first, second, third)
        : base.holdsAll(predicate, Date.now(), Uint32Array.from(arguments).subarray(1));
    if (said < 2) return said === 1;
    return calling(() => {
      throw base.failure();
    });
  }

  free() {
    this.#handle?.free();
    this.#handle = null;
  }

  close() {
    this.free();
  }

  [DISPOSE]() {
    this.free();
  }
}
