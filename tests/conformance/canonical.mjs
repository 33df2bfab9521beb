// An answer as a text, so that equal answers are equal texts: keys in order, numbers by their bits. The
// same as on the Rust side.

const CIRCUMSTANCES = new Set(["id", "sequence", "created_ms", "updated_ms"]);
const bits = new DataView(new ArrayBuffer(8));

export const canonical = (value) => {
  if (typeof value === "number") {
    bits.setFloat64(0, value);
    return `#${bits.getBigUint64(0).toString(16).padStart(16, "0")}`;
  }
  if (Array.isArray(value)) return `[${value.map((item) => `${canonical(item)},`).join("")}]`;
  if (value !== null && typeof value === "object") {
    const names = Object.keys(value).filter((name) => value[name] !== undefined && !CIRCUMSTANCES.has(name));
    return `{${names.sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])},`).join("")}}`;
  }
  return JSON.stringify(value);
};
