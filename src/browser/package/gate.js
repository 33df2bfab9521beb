import * as core from "./core.js";
import { calling, snapshotBytes } from "./errors.js";
import { problemOf } from "./rules.js";
import { kind, refuse, wellFormed, write } from "./terms.js";

const DISPOSE = Symbol.dispose ?? Symbol.for("Symbol.dispose");
const LARGEST_DIMENSION = 4096;
const LARGEST_PAGE = 1000;

const whole = (pointer, value, least, most) => {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  const got = typeof value === "number" ? value : kind(value);
  return refuse(pointer, `must be a whole number from ${least} to ${most}, got ${got}`);
};

const timeOf = (now = Date.now()) => whole("/now", now, 0, Number.MAX_SAFE_INTEGER);

const isFloats = (value) => value instanceof Float32Array || value instanceof Float64Array;

const isRecord = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** What is written in the place of a vector that goes beside the text. */
const PLACE = [0];

/** Takes a typed array out of an object; the object is the caller's, so it is copied. */
const apart = (given, pointer) => {
  if (!isRecord(given)) return { rest: given };
  const rest = { ...given };
  const { vector } = rest;
  if (!isFloats(vector)) return { rest };
  if (vector.length < 1 || vector.length > LARGEST_DIMENSION) {
    refuse(`${pointer}/vector`, `must have 1 to ${LARGEST_DIMENSION} numbers, got ${vector.length}`);
  }
  rest.vector = PLACE;
  return { rest, vector: vector instanceof Float32Array ? vector : Float32Array.from(vector) };
};

const requestOf = (given) => {
  const { rest, vector } = apart(given, "");
  return { text: write(rest), vector, hasVector: (rest?.vector ?? undefined) !== undefined };
};

/** Entries as text, with their vectors one after the other. */
const entriesOf = (given) => {
  if (!isRecord(given) || !Array.isArray(given.entries)) return { text: write(given), vectors: new Float32Array(), lengths: new Uint32Array() };
  const parts = given.entries.map((entry, index) => apart(entry, `/entries/${index}`));
  const lengths = Uint32Array.from(parts, ({ vector }) => vector?.length ?? 0);
  const vectors = new Float32Array(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const { vector } of parts) {
    if (vector === undefined) continue;
    vectors.set(vector, at);
    at += vector.length;
  }
  return { text: write({ ...given, entries: parts.map(({ rest }) => rest) }), vectors, lengths };
};

const callback = (name, value) => {
  if (typeof value !== "function") refuse(`/${name}`, `must be a function, got ${kind(value)}`);
  return value;
};

/** Who answers what the core can't. */
const callersOf = (options, embedder) => {
  if (!isRecord(options)) refuse("", `must be an object with \`model\`, got ${kind(options)}`);
  const { model, embed, now, ...rest } = options;
  for (const name of Object.keys(rest)) refuse(`/${name}`, "is not a known field: there are `model`, `embed` and `now`");
  callback("model", model);
  if (embed !== undefined) {
    callback("embed", embed);
    if (embedder !== "caller") refuse("/embed", "is never asked: the setting `embedder` is not `caller`");
  }
  const clock = typeof now === "function" ? now : () => now;
  return { model, embed, time: () => timeOf(clock()) };
};

const numbersOf = (vector) => {
  if (vector instanceof Float32Array) return vector;
  const isNumbers = isFloats(vector) || (Array.isArray(vector) && vector.every((number) => typeof number === "number"));
  if (!isNumbers) throw new TypeError(`\`embed\` answered with ${kind(vector)}, not with numbers`);
  return Float32Array.from(vector);
};

const textOf = (text) => {
  if (typeof text !== "string") throw new TypeError(`\`model\` answered with ${kind(text)}, not with a string`);
  return text;
};

/** What came of asking the caller: its answer, or why there is none. */
const asked = async (ask) => {
  try {
    return { answer: await ask() };
  } catch (thrown) {
    return { why: problemOf(thrown) };
  }
};

/** A gate with its memory. It frees itself when it is collected; `free` does so at once. */
export class Controller {
  #handle;
  #embedder;
  #flight = 0;

  constructor(settings = {}) {
    if (settings instanceof core.Controller) {
      this.#handle = settings;
    } else {
      const text = write(settings);
      this.#handle = calling(() => new core.Controller(text));
    }
    this.#embedder = this.settings().embedder;
  }

  static restore(snapshot) {
    return new this(calling(() => core.Controller.restore(snapshotBytes(snapshot))));
  }

  get #core() {
    if (this.#handle === null) throw new TypeError("this controller was freed");
    return this.#handle;
  }

  snapshot() {
    return this.#core.snapshot();
  }

  settings() {
    return JSON.parse(this.#core.settings());
  }

  state() {
    return JSON.parse(this.#core.state());
  }

  admit(request, now) {
    const { text, vector } = requestOf(request);
    const time = timeOf(now);
    return JSON.parse(calling(() => this.#core.admit(text, vector, time)));
  }

  record(request, now) {
    const text = write(request);
    const time = timeOf(now);
    return JSON.parse(calling(() => this.#core.record(text, time)));
  }

  async generate(request, options) {
    const { model, embed, time } = callersOf(options, this.#embedder);
    const { text, vector, hasVector } = requestOf(request);
    if (this.#embedder === "caller" && embed === undefined && !hasVector) {
      refuse("/embed", "must be a function where the request has no `vector`: embeddings are the caller's");
    }
    const begun = time();
    this.#flight += 1;
    const flight = this.#flight;
    try {
      let action = JSON.parse(calling(() => this.#core.begin(flight, text, vector, begun)));
      while (action.type !== "finished") action = JSON.parse(await this.#led(flight, action, model, embed, time));
      const { type, ...answer } = action;
      return answer;
    } catch (thrown) {
      this.#handle?.cancel(flight);
      throw thrown;
    }
  }

  /** Has the caller do what must be done next, and goes on with what came of it. */
  async #led(flight, action, model, embed, time) {
    const isEmbedding = action.type === "embed";
    const { answer, why } = await asked(async () =>
      isEmbedding ? numbersOf(await embed(action.text)) : textOf(await model(action.prompt, { max_tokens: action.max_tokens })),
    );
    const now = time();
    return calling(() => {
      if (isEmbedding) return why === undefined ? this.#core.embedded(flight, answer, now) : this.#core.embeddingFailed(flight, why, now);
      return why === undefined ? this.#core.generated(flight, answer, now) : this.#core.generationFailed(flight, why, now);
    });
  }

  insert(request, now) {
    const { text, vectors, lengths } = entriesOf(request);
    const time = timeOf(now);
    return JSON.parse(calling(() => this.#core.insert(text, vectors, lengths, time)));
  }

  search(request, now) {
    const { text, vector } = requestOf(request);
    const time = timeOf(now);
    return JSON.parse(calling(() => this.#core.search(text, vector, time)));
  }

  retrieve(vector, options = {}, now = undefined) {
    if (!isRecord(options)) refuse("/options", `must be an object, got ${kind(options)}`);
    return this.search({ ...options, vector }, now).entries;
  }

  forget(request) {
    const text = write(request);
    return JSON.parse(calling(() => this.#core.forget(text))).removed;
  }

  entries(page = {}, now = undefined) {
    if (!isRecord(page)) refuse("", `must be an object, got ${kind(page)}`);
    const { after = 0, count = 100, ...rest } = page;
    for (const name of Object.keys(rest)) refuse(`/${name}`, "is not a known field: there are `after` and `count`");
    whole("/after", after, 0, Number.MAX_SAFE_INTEGER);
    whole("/count", count, 1, LARGEST_PAGE);
    return JSON.parse(this.#core.entries(after, count, timeOf(now)));
  }

  entry(id, now) {
    const text = this.#core.entry(whole("/id", id, 1, Number.MAX_SAFE_INTEGER), timeOf(now));
    return text === undefined ? undefined : JSON.parse(text);
  }

  vector(id, now) {
    return this.#core.vector(whole("/id", id, 1, Number.MAX_SAFE_INTEGER), timeOf(now));
  }

  sweep(limit = 1000, now = undefined) {
    return this.#core.sweep(whole("/limit", limit, 1, 0xffff_ffff), timeOf(now));
  }

  advanceRhythm(now) {
    return this.#core.advanceRhythm(timeOf(now));
  }

  resetEmergency() {
    this.#core.resetEmergency();
  }

  reset() {
    calling(() => this.#core.reset());
  }

  free() {
    this.#handle?.free();
    this.#handle = null;
  }

  [DISPOSE]() {
    this.free();
  }
}

export const embed = (text, dimension = 384) => {
  wellFormed(text, "/text");
  whole("/dimension", dimension, 1, LARGEST_DIMENSION);
  return calling(() => core.embed(text, dimension));
};

export const textScore = (text) => JSON.parse(core.textScore(wellFormed(text, "/text")));

export const confidence = (text) => core.confidence(wellFormed(text, "/text"));
