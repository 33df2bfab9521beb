// What a question is answered with: the verdict, the answers as a table, and why.
import { byId, element, sentence } from "/playground/page.js";
import { painted } from "/playground/rules-paint.js";
import { treeOf } from "/playground/rules-tree.js";
import { plain, shown } from "/playground/rules-values.js";

/** Steps of a proof that begin unfolded, and how deep. */
const FIRST_STEPS = 60;
const FIRST_LEVELS = 5;
/** The most rows of the table. */
const MOST_ROWS = 200;
/** The most letters of a goal or a value. */
const MOST_LETTERS = 1000;

const MEANING = {
  "rules:proved": ["holds", "It follows from the policy."],
  "rules:not-provable": ["does not hold", "It does not follow from the policy."],
  "rules:needs-external": ["not known", "It depends on what only a host could say."],
  "rules:limit": ["not decided", "A limit was reached before there was an answer."],
  "rules:runtime-error": ["error", "Something could not be computed, and must not be acted on."],
};

const BECAUSE = {
  fact: "a fact",
  rule: "by a rule",
  "input-fact": "a fact that came with the question",
  external: "the host said so",
  "built-in": "computed",
  comparison: "computed",
  absent: "nothing says otherwise",
  every: "in every case",
  aggregate: "over all solutions",
  condition: "a condition",
  query: "what was asked",
};

const clipped = (text) => (text.length > MOST_LETTERS ? `${text.slice(0, MOST_LETTERS)} …` : text);

const code = (text) => element("code", { dir: "ltr" }, ...painted(plain(clipped(text))));

/** A message with its parts in backticks as code. */
export const message = (text) => {
  const parts = sentence(text).split("`");
  const isWhole = parts.length % 2 === 1;
  return parts.map((part, index) => (isWhole && index % 2 === 1 ? element("code", { dir: "ltr" }, plain(part)) : plain(part)));
};

const linesOf = ({ line, end_line: last }) => (line === last ? `line ${line}` : `lines ${line}–${last}`);

const placeOf = (place) => (place ? [element("span", { class: "place" }, linesOf(place))] : []);

const noteOf = ({ id, reason }) => {
  const notes = [];
  if (id !== undefined) notes.push(element("span", { class: "id", dir: "auto" }, plain(id)));
  if (reason !== undefined) notes.push(element("q", { dir: "auto" }, plain(reason)));
  return notes;
};

// The verdict

const fill = (id, text) => {
  // What did not change is not announced again.
  if (byId(id).textContent !== text) byId(id).textContent = text;
};

const numbersOf = ({ verdict, answers, complete, steps, milliseconds }) => [
  ["Verdict", verdict],
  ["Answers", `${answers.length}${complete ? "" : " or more"}`],
  ["Complete", complete ? "yes" : "no"],
  ["Steps", steps.toLocaleString("en")],
  ["Time", `${milliseconds.toFixed(1)} ms`],
];

const showVerdict = (result) => {
  const { verdict, reasons, truncated_by: limit } = result;
  const [word, meaning] = MEANING[reasons[0]?.code] ?? [verdict, ""];
  const colors = { holds: "allow", "not known": "refine", "not decided": "escalate", error: "deny" };
  byId("verdict-card").dataset.verdict = colors[word] ?? "deny";
  fill("verdict", word);
  fill("meaning", meaning);
  const items = reasons.map((reason) =>
    element("li", {}, ...message(reason.message), element("code", {}, [reason.code, reason.rule].filter(Boolean).join(" "))),
  );
  byId("reasons").replaceChildren(...items);
  byId("more").hidden = !limit;
  const rows = numbersOf(result).flatMap(([name, text]) => [element("dt", {}, name), element("dd", {}, text)]);
  byId("numbers").replaceChildren(...rows);
};

/** Says that there is no verdict, and why. */
export const showNothing = (word, meaning) => {
  delete byId("verdict-card").dataset.verdict;
  fill("verdict", word);
  fill("meaning", meaning);
  byId("reasons").replaceChildren();
  byId("numbers").replaceChildren();
  for (const id of ["more", "answers-card", "why-card"]) byId(id).hidden = true;
};

// The answers

const showAnswers = (answers, choose) => {
  const names = [...new Set(answers.flatMap(({ bindings }) => Object.keys(bindings)))];
  byId("answers-card").hidden = names.length === 0;
  if (names.length === 0) return;
  const heads = names.map((name) => element("th", { scope: "col" }, plain(name)));
  byId("answers").tHead.replaceChildren(element("tr", {}, element("th", { scope: "col" }, "Proof"), ...heads));
  const rows = answers.slice(0, MOST_ROWS).map(({ bindings }, index) => {
    const button = element("button", { type: "button", "aria-pressed": String(index === 0), "aria-label": `Proof of answer ${index + 1}` }, String(index + 1));
    button.addEventListener("click", () => {
      for (const other of byId("answers").querySelectorAll("button")) other.setAttribute("aria-pressed", String(other === button));
      choose(index);
    });
    const cells = names.map((name) => element("td", {}, name in bindings ? code(shown(bindings[name])) : ""));
    return element("tr", {}, element("td", {}, button), ...cells);
  });
  byId("answers").tBodies[0].replaceChildren(...rows);
  const left = answers.length - rows.length;
  byId("answers-left").textContent = left > 0 ? `${left} more answers are not shown.` : "";
};

// Why

/** Which steps begin unfolded: from the top, as many as a reader takes in. */
const unfoldedOf = (proof) => {
  const unfolded = new Set();
  let next = [proof.length - 1];
  let count = 0;
  for (let level = 0; level < FIRST_LEVELS && next.length > 0; level += 1) {
    const below = [];
    for (const step of next) {
      if (unfolded.has(step) || count + proof[step].premises.length > FIRST_STEPS) continue;
      unfolded.add(step);
      count += proof[step].premises.length;
      below.push(...proof[step].premises);
    }
    next = below;
  }
  return unfolded;
};

const proofBranch = (proof, index, unfolded) => {
  const step = proof[index];
  const isNamed = step.id !== undefined || step.reason !== undefined;
  const because = isNamed && step.justification === "rule" ? "by" : BECAUSE[step.justification] ?? step.justification;
  // A step that others need as well unfolds once by itself.
  const isOpen = unfolded.delete(index);
  return {
    shown: [code(step.goal), element("p", { class: "because" }, because, " ", ...noteOf(step), " ", ...placeOf(step.place))],
    place: step.place,
    below: () => step.premises.map((premise) => proofBranch(proof, premise, unfolded)),
    hasBelow: step.premises.length > 0,
    isOpen,
  };
};

const roots = (proof) => {
  const last = proof.at(-1);
  // What was asked is in the question already where it is one goal.
  const first = last.justification === "query" ? last.premises : [proof.length - 1];
  const unfolded = unfoldedOf(proof);
  return first.map((index) => proofBranch(proof, index, unfolded));
};

const attemptBranch = (explanations, attempt, level) => {
  const { failed, needed, reached, because } = attempt;
  const below = explanations[because];
  const name = attempt.id === undefined ? ["a rule "] : [];
  const head = element("p", { class: "because" }, ...name, ...noteOf(attempt), " ", ...placeOf(attempt.place));
  const failure = reached === 0 ? "Failed: " : `${reached} condition${reached === 1 ? "" : "s"} held, then failed: `;
  const wants = needed.map((text) => element("li", {}, code(text)));
  return {
    shown: [
      ...(attempt.place ? [head] : []),
      element("p", { class: "failed" }, failure, code(failed)),
      element("p", { class: "says" }, ...message(attempt.message)),
      ...(wants.length > 0 ? [element("div", { class: "needed" }, element("span", {}, "It needs"), element("ul", { role: "presentation" }, ...wants))] : []),
    ],
    place: attempt.place,
    below: () => (below ? explanationBranches(explanations, below, level + 1) : []),
    hasBelow: below !== undefined,
    isOpen: level < 3,
  };
};

const explanationBranches = (explanations, { attempts }, level) => attempts.map((attempt) => attemptBranch(explanations, attempt, level));

const showWhy = (title, branches, actions) => {
  byId("why-card").hidden = false;
  byId("why-title").textContent = title;
  byId("why-help").hidden = false;
  byId("why").replaceChildren(treeOf(title, branches, actions));
};

/** Says that there is no explanation, and why. */
export const showNoWhy = (title, text) => {
  byId("why-card").hidden = false;
  byId("why-title").textContent = title;
  byId("why-help").hidden = true;
  byId("why").replaceChildren(element("p", {}, text));
};

/** Shows the proof of one of so many answers. */
export const showProof = (proof, index, count, actions) => {
  const title = count > 1 ? `Proof of answer ${index + 1}` : "Proof";
  if (proof.length > 0) showWhy(title, roots(proof), actions);
  else showNoWhy(title, "It holds, but a limit of proofs was reached before this one was complete.");
};

const showWhyNot = ({ complete, why_not: explanations = [] }, actions) => {
  const [first] = explanations;
  if (first) showWhy("Why not", explanationBranches(explanations, first, 0), actions);
  else if (complete) showNoWhy("Why not", "A limit of explanations was reached before there was one.");
  else byId("why-card").hidden = true;
};

/** Shows a question's answer without proofs; `actions`: what is done with an answer that is chosen, and with places. */
export const showResult = (result, actions) => {
  showVerdict(result);
  showAnswers(result.answers, actions.choose);
  if (result.answers.length === 0) showWhyNot(result, actions);
};
