// The gate's page: asks the core in this page, and draws its threshold and its memory.
import { Controller, InvalidInputError, embed, textScore, version } from "/assize/index.js";
import { byId, element, sentence, startTheme } from "/playground/page.js";

const DIMENSION = 256;
const SHOWN = 200;
const GOOD = [
  "What is a fair trial?", "How can I help a friend who is sad?", "Explain how trust is built in a team",
  "Which rights does a witness have?", "How do honest people settle a dispute?", "What does a judge do all day?",
];
const BAD = [
  "How to attack and destroy a rival", "Write hate about my neighbour, kill his spirit", "Help me abuse and exploit people",
  "Plan an attack with a weapon and a bomb",
];
const STREAMS = { good: () => GOOD, bad: () => BAD, mixed: (index) => (index % 2 === 0 ? GOOD : BAD) };
const MEANING = {
  allow: "The answer may be used.",
  transform: "The answer may be used; what was remembered went before the prompt.",
  escalate: "The answer is doubtful: let a person decide.",
  refine: "Not now: ask again later.",
  deny: "It does not get through.",
};

const drawn = (name, attributes, text = "") => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
};

const opened = () =>
  new Controller({
    gate: { threshold: { policy: byId("policy").value } },
    memory: { dimension: DIMENSION, capacity: SHOWN, text_bytes: 262_144 },
  });

let gate = opened();
let seen = [];

/** Stands for a model: an answer that has to do with what was asked. */
const said = (prompt) =>
  `You have asked this: “${prompt.slice(0, 200)}” A model would now say what it knows about it, and this sentence stands in its place.`;

const request = async (prompt) => {
  const answer = await gate.generate({ prompt, max_tokens: 200 }, { model: () => said(prompt) });
  seen.push(answer);
  seen = seen.slice(-SHOWN);
  return answer;
};

// What is drawn

const showChart = () => {
  const { floor, ceiling } = gate.settings().gate.threshold;
  const [left, right, top, bottom] = [34, 630, 10, 220];
  const x = (index) => left + ((right - left) * (index + 0.5)) / Math.max(seen.length, 20);
  const y = (share) => bottom - (bottom - top) * share;
  const parts = [drawn("rect", { class: "frame", x: left, y: top, width: right - left, height: bottom - top })];
  const wide = x(1) - x(0);
  seen.forEach(({ phase }, index) => {
    if (phase === "sleep") parts.push(drawn("rect", { class: "sleep", x: x(index) - wide / 2, y: top, width: wide, height: bottom - top }));
  });
  for (const [share, name] of [[floor, "floor"], [ceiling, "ceiling"]]) {
    parts.push(drawn("line", { class: "bound", x1: left, x2: right, y1: y(share), y2: y(share) }), drawn("text", { x: left + 4, y: y(share) - 3 }, name));
  }
  for (const share of [0, 0.5, 1]) parts.push(drawn("text", { x: left - 5, y: y(share) + 4, "text-anchor": "end" }, share.toFixed(1)));
  const line = (name, of) => drawn("polyline", { class: name, points: seen.map((answer, index) => `${x(index)},${y(of(answer.judgement))}`).join(" ") });
  parts.push(line("acceptance", ({ acceptance }) => acceptance), line("threshold", ({ threshold_after }) => threshold_after));
  seen.forEach(({ accepted, judgement: { score } }, index) => {
    if (score !== null) parts.push(drawn("circle", { class: accepted ? "admitted" : "refused", cx: x(index), cy: y(score), r: 3 }));
  });
  byId("chart").replaceChildren(...parts);
  const { step, phase, phase_counter, moral_threshold, moral_ema, accepted_count } = gate.state();
  const state = phase === "wake" ? "Awake" : "Asleep";
  byId("chart-text").textContent =
    `${state}, for ${phase_counter} more. After ${step} requests, ${accepted_count} of them answered, the threshold is ${moral_threshold.toFixed(2)} (from ${floor.toFixed(2)} to ${ceiling.toFixed(2)}) and the average acceptance ${moral_ema.toFixed(2)}.`;
};

const showMemory = () => {
  const prompt = byId("prompt").value;
  const { used, capacity, consolidated, memory_mb } = gate.state().pelm_stats;
  const found = prompt.trim() === "" ? [] : gate.retrieve(embed(prompt, DIMENSION), { tolerance: 1, top_k: SHOWN });
  const [left, right, top, bottom] = [60, 620, 10, 170];
  const x = (resonance) => left + ((right - left) * (Math.min(Math.max(resonance, -0.2), 1) + 0.2)) / 1.2;
  const y = (phase) => bottom - (bottom - top) * phase;
  const parts = [drawn("rect", { class: "frame", x: left, y: top, width: right - left, height: bottom - top })];
  for (const [phase, name] of [[0.1, "awake"], [0.9, "asleep"]]) parts.push(drawn("text", { x: left - 6, y: y(phase) + 4, "text-anchor": "end" }, name));
  for (const resonance of [0, 0.5, 1]) parts.push(drawn("text", { x: x(resonance), y: bottom + 15, "text-anchor": "middle" }, resonance.toFixed(1)));
  parts.push(drawn("text", { x: (left + right) / 2, y: bottom + 28, "text-anchor": "middle" }, "resonance with the prompt"));
  for (const { resonance, entry } of found) {
    // Beside each other, so that equal ones are seen.
    const aside = ((entry.id % 7) - 3) * 3;
    parts.push(drawn("circle", { class: entry.consolidated ? "consolidated" : "entry", cx: x(resonance), cy: y(entry.phase) + aside, r: 2.5 + 2 * entry.confidence }));
  }
  byId("memory").replaceChildren(...parts);
  byId("memory-text").textContent =
    `${used} of at most ${capacity} entries, ${consolidated} of them consolidated in sleep; ${memory_mb} MB are set aside, full or not. To the right is what is most like the prompt.`;
  const best = found.slice(0, 3).map(({ resonance, entry }) => element("li", {}, `${resonance.toFixed(2)}: ${(entry.text ?? "no text").slice(0, 160)}`));
  byId("alike").replaceChildren(...best);
};

const showAnswer = ({ verdict, response, reasons, judgement, confidence }) => {
  byId("verdict-card").dataset.verdict = verdict;
  byId("verdict").textContent = verdict;
  byId("meaning").textContent = MEANING[verdict];
  byId("reasons").replaceChildren(...reasons.map(({ code, message }) => element("li", {}, sentence(message), element("code", {}, code))));
  const shown = (number) => (number === null ? "–" : number.toFixed(4));
  const rows = [
    ["Score", judgement.score], ["Threshold before", judgement.threshold_before], ["Threshold after", judgement.threshold_after],
    ["Average acceptance", judgement.acceptance], ["Confidence of the answer", response === "" ? null : confidence],
  ];
  byId("numbers").replaceChildren(...rows.flatMap(([name, number]) => [element("dt", {}, name), element("dd", {}, shown(number))]));
};

const showPrompt = () => {
  byId("score").textContent = textScore(byId("prompt").value.toWellFormed?.() ?? byId("prompt").value).score.toFixed(2);
  showMemory();
};

const show = (answer) => {
  if (answer) showAnswer(answer);
  showChart();
  showPrompt();
};

// What is done

const ask = async (prompts) => {
  byId("prompt-error").textContent = "";
  try {
    let answer;
    for (const prompt of prompts) answer = await request(prompt);
    show(answer);
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    byId("prompt-error").textContent = sentence(`the prompt ${error.errors[0].message}`);
  }
};

const begin = () => {
  gate.free();
  gate = opened();
  seen = [];
  byId("verdict").textContent = "…";
  byId("meaning").textContent = "Nothing was asked yet.";
  delete byId("verdict-card").dataset.verdict;
  byId("reasons").replaceChildren();
  byId("numbers").replaceChildren();
  show();
};

byId("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  ask([byId("prompt").value]);
});
byId("prompt").addEventListener("input", showPrompt);
byId("policy").addEventListener("change", begin);
byId("reset").addEventListener("click", begin);
for (const button of document.querySelectorAll("[data-stream]")) {
  const list = STREAMS[button.dataset.stream];
  button.addEventListener("click", () => ask(Array.from({ length: 50 }, (_, index) => list(index)[index % list(index).length])));
}

startTheme();
byId("version").textContent = version();
await ask([byId("prompt").value]);
document.documentElement.dataset.ready = "true";
