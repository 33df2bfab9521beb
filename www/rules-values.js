// Values of answers, as the language writes them.

/** What turns the direction of a text around, or can't be seen. */
const HIDDEN = /[\u0080-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** A text in which nothing is hidden. */
export const plain = (text) => text.replace(HIDDEN, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** What is nested more deeply is not shown. */
const DEEPEST = 50;

const quoted = (text) => plain(JSON.stringify(text));
const fieldOf = (name) => (/^[a-z_][a-z0-9_]*$/i.test(name) ? name : quoted(name));
const listOf = (values, depth) => values.map((value) => shown(value, depth)).join(", ");

const number = (value) => (Number.isInteger(value) && !Number.isSafeInteger(value) && !/e/.test(String(value)) ? `${value}.0` : String(value));

const float = (value) => (/[.e]/.test(String(value)) ? String(value) : `${value}.0`);

const record = (fields, depth) => {
  const parts = Object.entries(fields).map(([name, part]) => `${fieldOf(name)}: ${shown(part, depth)}`);
  return `{${parts.join(", ")}}`;
};

const object = (value, depth) => {
  if (typeof value.$float === "number") return float(value.$float);
  if (Number.isInteger(value.$variable)) return `_${value.$variable}`;
  if (typeof value.$record === "object") return record(value.$record, depth);
  if (Array.isArray(value.$list)) return `[${listOf(value.$list, depth)}${"$rest" in value ? ` | ${shown(value.$rest, depth)}` : ""}]`;
  if (Array.isArray(value.$compound)) {
    const [name, ...rest] = value.$compound;
    return `${name}(${listOf(rest, depth)})`;
  }
  return record(value, depth);
};

/** A value as text. */
export const shown = (value, depth = 0) => {
  if (depth > DEEPEST) return "…";
  if (typeof value === "string") return quoted(value);
  if (typeof value === "number") return number(value);
  if (Array.isArray(value)) return `[${listOf(value, depth + 1)}]`;
  return typeof value === "object" && value !== null ? object(value, depth + 1) : String(value);
};
