// The corpus over HTTP through every host that speaks it; the first byte that differs is a failure.
import { rm } from "node:fs/promises";
import * as native from "../hosts/native.mjs";
import * as wasi from "../hosts/wasi.mjs";
import * as worker from "../hosts/worker.mjs";
import { corpus, tell } from "./corpus.mjs";

const SESSIONS = "/v1/governor/sessions";
const PATHS = { evaluate: "/evaluate", query: "/query", batch: "/v1/governor/evaluate:batch", open: SESSIONS };

const pathOf = (call, session) => {
  if (call === "get" || call === "delete") return session;
  return PATHS[call] ?? `${session}/${call === "cycle" ? "evaluate" : call}`;
};

const methodOf = (call) => {
  if (call === "delete") return "DELETE";
  return call === "get" || call === "audit" ? "GET" : "POST";
};

const describe = ({ call, body }, session) => {
  if (call === "http") return { ...body, text: body.text?.repeat(body.times ?? 1) };
  const method = methodOf(call);
  const isEmpty = method !== "POST" || call === "reopen" || call === "reset";
  const given = isEmpty ? {} : { type: "application/json", text: JSON.stringify(body) };
  return { method, path: pathOf(call, session), ...given };
};

/** The same as on the Rust side: all but when it was and under what name. */
const masked = (text, session) => {
  const id = session.split("/").at(-1);
  const named = id === "" ? text : text.replaceAll(id, "SESSION");
  return named.replace(/"(created_ms|updated_ms)":\d+/g, '"$1":0');
};

const ask = async (host, state, step) => {
  const { method, path, type, text, headers: more } = describe(step, state.session);
  const headers = { ...more, ...(type !== undefined && { "content-type": type }) };
  const answer = await host.request(method, path, { headers, text });
  if (step.call === "open") state.session = answer.headers.get("location") ?? "";
  const heads = ["content-type", "allow", "location"].map((name) => answer.headers.get(name) ?? "");
  return `${answer.status} ${masked(`${heads.join(" | ")}\n${answer.text}`, state.session)}`;
};

const run = async (host, cases) => {
  let answers = 0;
  const started = performance.now();
  for (const { name, steps } of cases) {
    const state = { session: "" };
    for (const [index, step] of steps.entries()) {
      const expected = `${step.status} ${step.text}`;
      const observed = await ask(host, state, step);
      if (observed !== expected) return { failure: { name, index, call: step.call, expected, observed } };
      answers += 1;
    }
    if (state.session !== "") await host.ask("DELETE", state.session);
  }
  return { answers, milliseconds: Math.round(performance.now() - started) };
};

const asksForSessions = ({ call, body }) => call === "open" || (call === "http" && body.path.startsWith(SESSIONS) && body.method !== "PUT");
const stateless = corpus.filter(({ group, steps }) => group !== "knowledge" && !steps.some(asksForSessions));
const storage = await wasi.folder();

const hosts = [
  ["assize serve over HTTP", native.start, corpus],
  ["Worker in workerd", worker.start, corpus],
  ["assize-spin.wasm, wasi:http", () => wasi.start({ storage }), corpus],
  ["assize-http.wasm, wasi:http", () => wasi.start({ component: "assize-http.wasm" }), stateless],
];
for (const [name, start, cases] of hosts) {
  const host = await start();
  try {
    await tell(name, cases, await run(host, cases));
  } finally {
    await host.stop();
  }
}
await rm(storage, { recursive: true });
