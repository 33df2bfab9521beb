// One line of the policy in colours. What is painted is text: nothing of it becomes markup.
import { tokens } from "/assize/index.js";
import { element } from "/playground/page.js";

/** Longer lines are not coloured: nobody reads them, and they would take long. */
const LONGEST = 4000;

/** The tokens of one line; none where it can't be read. */
const tokensOf = (text) => {
  if (text.length > LONGEST || text.trim() === "") return [];
  try {
    return tokens(text);
  } catch {
    return [];
  }
};

/** A text in parts, each with the classes of what it is and of what is wrong there. Tokens are in order. */
const partsOf = (text, found, wrong) => {
  const edges = [0, text.length, ...[...found, ...wrong].flatMap(({ start, end }) => [start, Math.min(end, text.length)])];
  const sorted = [...new Set(edges)].sort((left, right) => left - right);
  const parts = [];
  let token = 0;
  for (let at = 0; at + 1 < sorted.length; at += 1) {
    const [start, end] = [sorted[at], sorted[at + 1]];
    while (token < found.length && found[token].end <= start) token += 1;
    const classes = token < found.length && found[token].start <= start ? [`is-${found[token].kind}`] : [];
    const over = wrong.filter((range) => range.start <= start && end <= range.end);
    for (const { severity } of over) classes.push(`has-${severity}`);
    parts.push({ text: text.slice(start, end), classes: classes.join(" ") });
  }
  return parts;
};

/** Nodes that show a line. `wrong`: ranges in it, each with the severity of what is wrong there. */
export const painted = (text, wrong = []) =>
  partsOf(text, tokensOf(text), wrong).map((part) => (part.classes === "" ? part.text : element("span", { class: part.classes }, part.text)));
