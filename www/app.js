// The playground: reads the two outputs, asks the core in this page, shows what it says.
import { ConflictError, CycleGovernor, InvalidInputError, evaluate, version } from "/assize/index.js";
import { byId, element, sentence, startTheme } from "/playground/page.js";

const SAMPLES = [
  {
    name: "They agree",
    left: ["Ship the release on Friday after the tests pass", 0.95],
    right: ["Ship the release on Friday after the tests pass", 0.9],
  },
  {
    name: "Nearly",
    left: ["Restart the replica, then watch the error rate for ten minutes", 0.9],
    right: ["Restart the replica, then watch the latency for ten minutes", 0.88],
  },
  {
    name: "They contradict",
    left: ["Approve the refund: the customer was charged twice", 0.85],
    right: ["Reject this claim, no second charge exists in our ledger", 0.8],
  },
  {
    name: "Agreed, but unsure",
    left: ["Increase the dose to 40 mg", 0.3],
    right: ["Increase the dose to 40 mg", 0.2],
  },
];

const MEANING = {
  allow: "Act on it.",
  refine: "Ask the reasoners once more.",
  escalate: "Let a person decide.",
  deny: "Do not act.",
};

const NUMBERS = [
  ["Similarity", "similarity"],
  ["Contradiction", "contradiction"],
  ["Risk", "risk"],
  ["Quality", "quality"],
  ["Coherence", "quality_metrics.coherence"],
  ["Calibration", "quality_metrics.calibration"],
  ["Evidence quality", "quality_metrics.evidence_quality"],
  ["Actionability", "quality_metrics.actionability"],
  ["Contradiction spent", "contradiction_spent"],
  ["Budget remaining", "budget_remaining"],
];

const LINES = [
  { name: "Similarity", of: "similarity", dash: "" },
  { name: "Risk", of: "risk", dash: "7 4" },
  { name: "Quality", of: "quality", dash: "2 3" },
  { name: "Budget left", of: "budget_remaining", dash: "10 3 2 3", color: "budget" },
];

const drawn = (name, attributes, text = "") => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
};

const shown = (number) => number.toFixed(4);
const sides = ["left", "right"];
const side = (name) => ({ output: byId(`${name}-output`).value, confidence: Number(byId(`${name}-confidence`).value) });

// What the inputs say now

const showErrors = (errors) => {
  for (const name of sides) {
    const error = errors.find(({ pointer }) => pointer === `/${name}/output`);
    byId(`${name}-output-error`).textContent = error ? `The output ${error.message}.` : "";
    byId(`${name}-output`).setAttribute("aria-invalid", String(error !== undefined));
  }
};

const judge = () => {
  for (const name of sides) byId(`${name}-confidence-value`).textContent = side(name).confidence.toFixed(2);
  try {
    const evaluation = evaluate({ left: side("left"), right: side("right") });
    showErrors([]);
    showEvaluation(evaluation);
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    showErrors(error.errors);
    showNothing();
  }
};

const showEvaluation = (evaluation) => {
  byId("verdict-card").dataset.verdict = evaluation.verdict;
  byId("verdict").textContent = evaluation.verdict;
  byId("meaning").textContent = MEANING[evaluation.verdict];
  const reasons = evaluation.reasons.map(({ code, message }) =>
    element("li", {}, sentence(message), element("code", {}, code)),
  );
  byId("reasons").replaceChildren(...reasons);
  const number = (path) => path.split(".").reduce((value, key) => value[key], evaluation);
  const rows = NUMBERS.flatMap(([name, path]) => [element("dt", {}, name), element("dd", {}, shown(number(path)))]);
  byId("numbers").replaceChildren(...rows);
};

const showNothing = () => {
  delete byId("verdict-card").dataset.verdict;
  byId("verdict").textContent = "–";
  byId("meaning").textContent = "Both reasoners must say something.";
  byId("reasons").replaceChildren();
  byId("numbers").replaceChildren();
};

// The session

let governor = new CycleGovernor();
let cycles = [];

const addCycle = () => {
  try {
    cycles.push(governor.evaluate(side("left"), side("right")));
    showSession();
  } catch (error) {
    if (error instanceof InvalidInputError) showErrors(error.errors);
    else if (error instanceof ConflictError) byId("session-state").textContent = `${error.message}.`;
    else throw error;
  }
};

const showSession = () => {
  const last = cycles.at(-1);
  const state = byId("session-state");
  if (last === undefined) state.textContent = "No cycle yet.";
  else if (governor.stopped) state.textContent = `Stopped at cycle ${last.cycle}: ${last.reasons[0].message}.`;
  else state.textContent = `Cycle ${last.cycle} goes on; ${shown(governor.budgetRemaining)} of the budget remains.`;
  byId("add").disabled = governor.stopped;
  byId("reopen").disabled = !governor.stopped;
  const rows = cycles.map((cycle) => {
    const numbers = [cycle.similarity, cycle.risk, cycle.quality, cycle.budget_remaining];
    const cells = [String(cycle.cycle), cycle.verdict, ...numbers.map(shown)];
    return element("tr", {}, ...cells.map((text) => element("td", {}, text)));
  });
  byId("cycles").tBodies[0].replaceChildren(...rows);
  draw();
};

const HEIGHT = 240;

const draw = () => {
  const chart = byId("chart");
  // One unit is one pixel, so that the text keeps its size on a narrow screen.
  const width = Math.max(chart.clientWidth, 240);
  const frame = { left: 40, right: width - 12, top: 14, bottom: HEIGHT - 32 };
  chart.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
  const values = cycles.flatMap((cycle) => LINES.map(({ of }) => cycle[of]));
  const least = Math.min(0, ...values);
  const most = Math.max(1, ...values);
  const x = (index) => frame.left + ((frame.right - frame.left) * (index + 0.5)) / Math.max(cycles.length, 3);
  const y = (value) => frame.bottom - ((frame.bottom - frame.top) * (value - least)) / (most - least);
  const parts = [];
  for (const value of [...new Set([least, 0, 0.5, 1, most])]) {
    const at = { x1: frame.left, x2: frame.right, y1: y(value), y2: y(value), class: value === 0 ? "zero" : "grid" };
    parts.push(drawn("line", at), drawn("text", { x: frame.left - 8, y: y(value) + 4, "text-anchor": "end" }, value.toFixed(1)));
  }
  cycles.forEach((cycle, index) => {
    parts.push(drawn("text", { x: x(index), y: frame.bottom + 20, "text-anchor": "middle" }, String(cycle.cycle)));
  });
  for (const { of, dash, color = of } of LINES) {
    const points = cycles.map((cycle, index) => `${x(index)},${y(cycle[of])}`).join(" ");
    parts.push(drawn("polyline", { points, class: `of-${color}`, "stroke-dasharray": dash }));
    cycles.forEach((cycle, index) => {
      parts.push(drawn("circle", { cx: x(index), cy: y(cycle[of]), r: 3.5, class: `of-${color}` }));
    });
  }
  const text = cycles.map((cycle) => `Cycle ${cycle.cycle}: ${LINES.map(({ name, of }) => `${name} ${shown(cycle[of])}`).join(", ")}.`);
  byId("chart-text").textContent = text.join(" ") || "No cycle yet.";
  chart.replaceChildren(byId("chart-title"), byId("chart-text"), ...parts);
};

const restart = () => {
  governor.free();
  governor = new CycleGovernor();
  cycles = [];
  showSession();
};

// The page

const takeSample = ({ left, right }) => {
  for (const [name, [output, confidence]] of [["left", left], ["right", right]]) {
    byId(`${name}-output`).value = output;
    byId(`${name}-confidence`).value = String(confidence);
  }
  judge();
};

byId("samples").append(
  ...SAMPLES.map((sample) => {
    const button = element("button", { type: "button" }, sample.name);
    button.addEventListener("click", () => takeSample(sample));
    return button;
  }),
);
byId("legend").append(
  ...LINES.map(({ name, of, dash, color = of }) => {
    const sample = drawn("svg", { viewBox: "0 0 28 8", "aria-hidden": "true" });
    sample.append(drawn("polyline", { points: "0,4 28,4", class: `of-${color}`, "stroke-dasharray": dash }));
    return element("span", {}, sample, name);
  }),
);
byId("outputs").addEventListener("input", judge);
byId("add").addEventListener("click", addCycle);
byId("restart").addEventListener("click", restart);
byId("reopen").addEventListener("click", () => {
  governor.reopen();
  showSession();
});
addEventListener("resize", draw);
startTheme();
byId("version").textContent = version();
takeSample(SAMPLES[1]);
showSession();
document.documentElement.dataset.ready = "true";
// For whoever measures how long a visitor waits.
performance.mark("first-verdict");
