// The rules page: checks a policy while it is written, asks it, and shows why.
import { formatRules, version } from "/assize/index.js";
import { byId, element, startTheme } from "/playground/page.js";
import { message, showNoWhy, showNothing, showProof, showResult } from "/playground/rules-answers.js";
import { Editor } from "/playground/rules-editor.js";
import { Stopped, ask, check, prove, stop } from "/playground/rules-engine.js";
import { EXAMPLES, textOf } from "/playground/rules-examples.js";
import { fragmentOf, stateOf } from "/playground/rules-share.js";
import { plain } from "/playground/rules-values.js";

/** What a question may take. */
const LIMITS = { max_steps: 2_000_000, max_answers: 200, max_bytes: 64 * 1024 * 1024 };
/** Milliseconds without a key before the policy is checked, and before the address follows. */
const PAUSE = 150;
const ADDRESS_PAUSE = 600;
/** After so many milliseconds of computing, it can be stopped. */
const LONG = 400;
/** A question that takes longer is not asked again by itself when the policy changes. */
const QUICK = 300;

let took = 0;
let asked = 0;
let lastLimits = LIMITS;
let texts = new Map();

const editor = new Editor(byId("editor"), () => changed());
const question = () => byId("question").value.trim().toWellFormed();
const actions = { mark: (place) => editor.mark(place), go: (place) => editor.go(place) };

const note = (text) => {
  byId("note").textContent = text;
};

// What is wrong

const findingOf = (finding, go) => {
  const { code, severity, message: text, line, column, help, label } = finding;
  const at = line === undefined ? "" : `${line}:${column}`;
  const head = element("span", { class: "finding-head" }, element("span", { class: `severity has-${severity}` }, severity), " ", element("code", {}, code), " ", at);
  const parts = [head, element("span", {}, ...message(text))];
  if (label) parts.push(element("span", { class: "quiet" }, ...message(label)));
  if (help) parts.push(element("span", { class: "help" }, ...message(help)));
  if (line === undefined) return element("li", {}, element("div", { class: "finding" }, ...parts));
  const button = element("button", { type: "button", class: "finding" }, ...parts);
  button.addEventListener("click", () => go(finding));
  return element("li", {}, button);
};

const count = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;

const summary = (findings) => {
  const errors = findings.filter(({ severity }) => severity === "error").length;
  const warnings = findings.length - errors;
  const parts = [errors > 0 && count(errors, "error"), warnings > 0 && count(warnings, "warning")].filter(Boolean);
  return parts.length > 0 ? `${parts.join(" and ")}.` : "No error, no warning.";
};

const showFindings = (findings) => {
  editor.show(findings);
  const text = summary(findings);
  if (byId("check").textContent !== text) byId("check").textContent = text;
  byId("findings").replaceChildren(...findings.map((finding) => findingOf(finding, actions.go)));
};

const goInQuestion = (place) => {
  const input = byId("question");
  const units = (last) => [...input.value].slice(0, last - 1).join("").length;
  input.focus();
  input.setSelectionRange(units(place.column), units(place.end_column));
};

const showQuestionFindings = (findings) => {
  byId("question").setAttribute("aria-invalid", String(findings.length > 0));
  byId("question-findings").replaceChildren(...findings.map((finding) => findingOf(finding, goInQuestion)));
};

/** Checks the policy; whether it can be asked, or nothing where it has changed since. */
const checkPolicy = async () => {
  const { text } = editor;
  const findings = await check(text);
  if (editor.text !== text) return undefined;
  showFindings(findings);
  return findings.every(({ severity }) => severity !== "error");
};

// Asking

const showFailure = (error) => {
  if (error instanceof Stopped) {
    showNothing("stopped", "There is no verdict, since it was not computed to the end.");
    return;
  }
  const ofQuestion = (error.findings ?? []).filter(({ source }) => source === "query");
  showQuestionFindings(ofQuestion);
  if (ofQuestion.length > 0) showNothing("–", "The question can’t be asked as it is.");
  else if (error.findings) showNothing("–", "The policy has errors; with them, nothing is asked.");
  else showNothing("error", plain(error.message));
};

/** What is not finished: checks that wait for a pause, and the question. */
const underway = { check: false, question: false };

const settle = (what, isUnderway) => {
  underway[what] = isUnderway;
  byId("results").setAttribute("aria-busy", String(underway.check || underway.question));
};

/** Does something that may take long and can be stopped; what it throws is shown. Only the last one counts. */
const computing = async (compute) => {
  asked += 1;
  const mine = asked;
  const isLast = () => mine === asked;
  settle("question", true);
  const patience = setTimeout(() => (byId("stop").hidden = !isLast()), LONG);
  try {
    await compute(isLast);
  } catch (error) {
    if (isLast()) showFailure(error);
  } finally {
    clearTimeout(patience);
    if (isLast()) {
      byId("stop").hidden = true;
      settle("question", false);
    }
  }
};

/** Shows the proof of an answer to what was `given`: policy, question and limits. */
const showProofOf = async (given, index, count, isLast) => {
  const begin = performance.now();
  try {
    const proof = await prove(...given, index);
    if (isLast()) showProof(proof, index, count, actions);
  } catch (error) {
    if (isLast()) showNoWhy("Proof", `There is no proof: ${plain(error.message)}.`);
  }
  took = Math.max(took, performance.now() - begin);
};

const askNow = (limits = LIMITS) => {
  if (question() === "") {
    asked += 1;
    settle("question", false);
    showQuestionFindings([]);
    showNothing("–", "Ask a question.");
    return undefined;
  }
  return computing(async (isLast) => {
    const given = [editor.text, question(), limits];
    const result = await ask(...given);
    if (!isLast()) return;
    took = result.milliseconds;
    lastLimits = limits;
    byId("verdict-card").classList.remove("stale");
    showQuestionFindings([]);
    const count = result.answers.length;
    const choose = (index) => computing((isStill) => showProofOf(given, index, count, isStill));
    showResult(result, { ...actions, choose });
    if (count > 0) await showProofOf(given, 0, count, isLast);
  });
};

const tenfold = (limits) => Object.fromEntries(Object.entries(limits).map(([name, limit]) => [name, Math.min(limit * 10, 1e9)]));

// Changes

const state = () => ({ policy: editor.text, question: byId("question").value });

const follow = async () => {
  const fragment = await fragmentOf(state());
  if (fragment === null || `#${fragment}` === location.hash) return fragment;
  try {
    history.replaceState(null, "", `#${fragment}`);
  } catch {
    // Browsers refuse too many changes at once; the next one will do.
  }
  return fragment;
};

/** Does something now, or after a pause in which it is not asked for again. */
const after = (pause, act) => {
  let timer = 0;
  const now = () => {
    clearTimeout(timer);
    return act();
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(act, pause);
  };
  return { now, later };
};

const address = after(ADDRESS_PAUSE, follow);

const checks = after(PAUSE, async () => {
  try {
    const isAskable = await checkPolicy();
    if (isAskable === undefined) return;
    settle("check", false);
    if (isAskable && took > QUICK) byId("verdict-card").classList.add("stale");
    else await askNow();
  } catch (error) {
    settle("check", false);
    if (!(error instanceof Stopped)) note(plain(error.message));
  }
});

const changed = () => {
  note("");
  settle("check", true);
  address.later();
  checks.later();
};

const format = () => {
  try {
    const text = formatRules(editor.text);
    note(text === editor.text ? "It is in the one style already." : "It is in the one style now.");
    editor.replace(text);
  } catch (error) {
    if (!error.findings) throw error;
    note("It can’t be put into the one style before its errors are gone.");
  }
};

const share = async () => {
  const fragment = await follow();
  if (fragment === null) {
    note("The policy is too long for a link.");
    return;
  }
  try {
    await navigator.clipboard.writeText(location.href);
    note("The link is copied: it holds the policy and the question.");
  } catch {
    note("The link is in the address bar: it holds the policy and the question.");
  }
};

// Examples

const showExample = (example) => {
  byId("about").textContent = example?.about ?? "";
  for (const button of byId("examples").children) button.setAttribute("aria-pressed", String(button.textContent === example?.name));
  const buttons = (example?.questions ?? []).map((text) => {
    const button = element("button", { type: "button", class: "question", dir: "ltr" }, text);
    button.addEventListener("click", () => {
      byId("question").value = text;
      address.later();
      askNow();
    });
    return button;
  });
  byId("questions").replaceChildren(...buttons);
};

const take = async ({ policy, question: text }) => {
  took = 0;
  byId("question").value = text;
  editor.replace(policy);
  await checks.now();
};

const takeExample = async (example) => {
  showExample(example);
  await take({ policy: texts.get(example.file), question: example.questions[0] });
  await follow();
};

/** Takes what the address holds; whether it holds something. */
const takeAddress = async () => {
  try {
    const found = await stateOf(location.hash.slice(1));
    if (found === null) return false;
    const ofText = EXAMPLES.find(({ file }) => texts.get(file) === found.policy);
    showExample(ofText);
    await take(found);
    return true;
  } catch {
    note("The link is damaged; what it held is lost.");
    return false;
  }
};

// The page

startTheme();
byId("version").textContent = version();
byId("limits").textContent = `${LIMITS.max_steps.toLocaleString("en")} steps, ${LIMITS.max_answers} answers and ${LIMITS.max_bytes / 1024 / 1024} MiB`;
byId("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  address.later();
  askNow();
});
byId("question").addEventListener("input", address.later);
byId("stop").addEventListener("click", stop);
byId("again").addEventListener("click", () => askNow(tenfold(lastLimits)));
byId("format").addEventListener("click", format);
byId("share").addEventListener("click", share);
byId("examples").append(
  ...EXAMPLES.map((example) => {
    const button = element("button", { type: "button" }, example.name);
    button.addEventListener("click", () => takeExample(example));
    return button;
  }),
);
addEventListener("hashchange", takeAddress);
// All of them now, so that they are there without a network.
texts = new Map(await Promise.all(EXAMPLES.map(async (example) => [example.file, await textOf(example)])));
if (!(await takeAddress())) await takeExample(EXAMPLES[0]);
document.documentElement.dataset.ready = "true";
