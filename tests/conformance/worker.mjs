// The corpus over HTTP through the Worker, in a real workerd; fails on the first difference.
import { start } from "../worker/runtime.mjs";
import { canonical } from "./canonical.mjs";
import { corpusOf, tell } from "./corpus.mjs";

const SESSIONS = "/v1/governor/sessions";
const PATHS = { evaluate: "/evaluate", batch: "/v1/governor/evaluate:batch", open: SESSIONS };
const corpus = await corpusOf(process.env.ASSIZE_CONFORMANCE);
const worker = await start();

const problem = ({ type, errors, limit }) => ({ error: type.split(":").at(-1), errors, limit });

const pathOf = (call, session) => {
  if (call === "get") return session;
  return PATHS[call] ?? `${session}/${call === "cycle" ? "evaluate" : call}`;
};

const ask = async (state, { call, body }) => {
  const method = call === "get" || call === "audit" ? "GET" : "POST";
  const isEmpty = ["get", "audit", "reopen", "reset"].includes(call);
  const answer = await worker.ask(method, pathOf(call, state.session), isEmpty ? undefined : body);
  if (call === "open") state.session = answer.location;
  return canonical(answer.status < 400 ? answer.json : problem(answer.json));
};

const run = async () => {
  let answers = 0;
  const started = performance.now();
  for (const { name, steps } of corpus) {
    const state = {};
    for (const [index, step] of steps.entries()) {
      const observed = await ask(state, step);
      if (observed !== step.answer) return { failure: { name, index, call: step.call, expected: step.answer, observed } };
      answers += 1;
    }
  }
  return { cases: corpus.length, answers, milliseconds: Math.round(performance.now() - started) };
};

try {
  tell("Worker in workerd", await run());
} finally {
  await worker.stop();
}
