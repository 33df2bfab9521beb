// What editors of rules need.
import * as core from "./core.js";
import { calling } from "./errors.js";
import { sourcesOf } from "./rules.js";
import { wellFormed } from "./terms.js";

export const checkRules = (sources) => {
  const body = sourcesOf(sources);
  return JSON.parse(calling(() => core.checkRules(body)));
};

export const reportRules = (sources) => {
  const body = sourcesOf(sources);
  return calling(() => core.reportRules(body));
};

export const formatRules = (text) => {
  wellFormed(text, "/text");
  return calling(() => core.formatRules(text));
};

export const convertRules = (sources, form) => {
  const body = sourcesOf(sources);
  wellFormed(form, "/form");
  return calling(() => core.convertRules(body, form));
};

let kinds;

export const tokens = (text) => {
  // Half a surrogate pair becomes another character of one unit: offsets stay.
  const found = core.tokens(String(text));
  kinds ??= core.tokenKinds().split(" ");
  const parts = [];
  for (let index = 0; index < found.length; index += 3) {
    parts.push({ kind: kinds[found[index]], start: found[index + 1], end: found[index + 2] });
  }
  return parts;
};

export const builtins = () => JSON.parse(core.builtins());
