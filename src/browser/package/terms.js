// Terms of the rule engine as values of JavaScript, and back: the JSON of the HTTP API, in which numbers keep their
// kind. The text is written here, so that nothing of the caller's runs while the core does.
import { InvalidInputError } from "./errors.js";

// JSON is read to this depth over HTTP, too.
const DEEPEST = 120;
const MOST_ERRORS = 100;
const LONE_SURROGATE = /\p{Surrogate}/u;

const escaped = (name) => name.replaceAll("~", "~0").replaceAll("/", "~1");

/** Refuses texts that are not Unicode: two of them could become one. */
export const wellFormed = (text, pointer) => {
  if (typeof text !== "string") refuse(pointer, `must be a string, got ${kind(text)}`);
  if (LONE_SURROGATE.test(text)) refuse(pointer, "holds half a surrogate pair, which is no Unicode text");
  return text;
};

export const refuse = (pointer, message) => {
  throw new InvalidInputError(`${pointer === "" ? "it" : pointer} ${message}`, [{ pointer, message }]);
};

export const kind = (value) => {
  if (value === null) return "null";
  return Array.isArray(value) ? "an array" : { object: "an object", undefined: "undefined" }[typeof value] ?? `a ${typeof value}`;
};

/** A number that is no integer, or one that doubles can't tell from others: it is written as a float. */
const float = (number) => {
  const text = String(number === 0 ? 0 : number);
  return /[.e]/.test(text) ? text : `${text}.0`;
};

class Writer {
  errors = [];

  wrong(pointer, message) {
    if (this.errors.length < MOST_ERRORS) this.errors.push({ pointer, message });
    return "null";
  }

  text(text, pointer) {
    if (LONE_SURROGATE.test(text)) return this.wrong(pointer, "holds half a surrogate pair, which is no Unicode text");
    return JSON.stringify(text);
  }

  value(value, pointer, depth) {
    switch (typeof value) {
      case "string":
        return this.text(value, pointer);
      case "boolean":
        return value ? "true" : "false";
      case "number":
        if (Number.isSafeInteger(value)) return String(value);
        return Number.isFinite(value) ? float(value) : this.wrong(pointer, `must be finite, got ${value}`);
      case "bigint":
        return this.integer(value, pointer);
      case "object":
        break;
      default:
        return this.wrong(pointer, `must be a value that JSON has, got ${kind(value)}`);
    }
    if (value === null) return "null";
    if (depth >= DEEPEST) return this.wrong(pointer, "is nested too deeply");
    return Array.isArray(value) ? this.array(value, pointer, depth) : this.object(value, pointer, depth);
  }

  integer(value, pointer) {
    const inReach = BigInt.asIntN(64, value) === value;
    if (inReach) return String(value);
    // Without this, a huge one would take minutes to be written.
    if (BigInt.asIntN(33_000, value) !== value) return this.wrong(pointer, "must have at most 10000 digits");
    return `{"$integer":"${value}"}`;
  }

  array(items, pointer, depth) {
    const parts = [];
    for (let index = 0; index < items.length; index += 1) {
      if (this.errors.length >= MOST_ERRORS) break;
      parts.push(this.value(items[index], `${pointer}/${index}`, depth + 1));
    }
    return `[${parts.join(",")}]`;
  }

  object(fields, pointer, depth) {
    const prototype = Object.getPrototypeOf(fields);
    // Their fields are not what they hold.
    if (fields instanceof Date || fields instanceof Map || fields instanceof Set || fields instanceof Promise) {
      return this.wrong(pointer, `must be a value that JSON has, got a ${prototype?.constructor?.name ?? "special object"}`);
    }
    const names = Object.keys(fields);
    if (names.length === 1 && names[0] === "$float") {
      const number = fields.$float;
      if (typeof number === "number" && Number.isFinite(number)) return float(number);
      return this.wrong(pointer, "`$float` takes a finite number");
    }
    const parts = [];
    for (const name of names) {
      if (this.errors.length >= MOST_ERRORS) break;
      const value = fields[name];
      // As `JSON.stringify` does.
      if (value === undefined) continue;
      const inner = `${pointer}/${escaped(name)}`;
      parts.push(`${this.text(name, inner)}:${this.value(value, inner, depth + 1)}`);
    }
    return `{${parts.join(",")}}`;
  }
}

/** A request as JSON. Every value that JSON has not is named. */
export const write = (value) => {
  const writer = new Writer();
  const text = writer.value(value, "", 0);
  if (writer.errors.length > 0) {
    const [{ pointer, message }] = writer.errors;
    const more = writer.errors.length > 1 ? ` (and ${writer.errors.length - 1} more)` : "";
    throw new InvalidInputError(`${pointer === "" ? "it" : pointer} ${message}${more}`, writer.errors);
  }
  return text;
};

/** An answer from JSON: integers beyond 2^53 become BigInt. */
export const read = (text) => {
  const answer = JSON.parse(text);
  // Most answers hold none.
  if (!text.includes('{"$integer":')) return answer;
  const root = { answer };
  const pending = [root];
  while (pending.length > 0) {
    const holder = pending.pop();
    for (const name of Object.keys(holder)) {
      const value = holder[name];
      if (typeof value !== "object" || value === null) continue;
      if (typeof value.$integer === "string" && !Array.isArray(value)) {
        holder[name] = BigInt(value.$integer);
      } else if (typeof value.$record === "object" && !Array.isArray(value)) {
        // Its fields are what they are called.
        pending.push(value.$record);
      } else {
        pending.push(value);
      }
    }
  }
  return root.answer;
};
