// The corpus through the npm package, in Node and in a real Chromium; fails on the first difference.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { corpus, tell } from "./corpus.mjs";

const folder = pathToFileURL(`${process.env.ASSIZE_PACKAGE}/`);

// Stands alone, so that it can be sent into a page. The names are those of the Rust side.
const run = async (url, canonicalUrl, corpus) => {
  const assize = await import(url);
  const { canonical } = await import(canonicalUrl);
  const problem = ({ code, errors, findings, limit }) => {
    const kinds = { limit: "limit-reached" };
    return { error: kinds[code] ?? code, errors: errors ?? findings, limit };
  };

  // Over HTTP a float that is whole is written as one, and an integer of any size as a number while 64 bits hold it.
  const LEAST = -(2n ** 63n);
  const overHttp = (value) => {
    if (typeof value === "bigint") return value >= LEAST && value < -LEAST ? Number(value) : { $integer: String(value) };
    if (Array.isArray(value)) return value.map(overHttp);
    if (typeof value !== "object" || value === null) return value;
    if (typeof value.$float === "number") return value.$float;
    const fields = (record) => Object.fromEntries(Object.entries(record).map(([name, part]) => [name, overHttp(part)]));
    return value.$record === undefined ? fields(value) : { $record: fields(value.$record) };
  };

  const query = ({ query: goal, sources, ...options }) => {
    const base = new assize.KnowledgeBase(sources);
    try {
      return overHttp(base.query(goal, options));
    } finally {
      base.free();
    }
  };

  const open = (body) => {
    const kinds = { cycle: assize.CycleGovernor, session: assize.SessionGovernor };
    const Governor = kinds[body?.governor ?? "cycle"];
    return new Governor(body?.config);
  };

  const status = (kind, governor) => ({
    governor: kind,
    config: governor.config(),
    total_cycles: governor.totalCycles,
    stopped: governor.stopped,
    budget_remaining: governor.budgetRemaining,
  });

  const answer = (state, { call, body }) => {
    switch (call) {
      case "evaluate":
        return assize.evaluate(body);
      case "batch":
        return assize.evaluateBatch(body);
      case "query":
        return query(body);
      case "open":
        state.governor = open(body);
        state.kind = body.governor;
        return status(state.kind, state.governor);
      case "cycle":
        return state.governor.evaluate(body.left, body.right);
      case "step":
        return state.governor.step(body.left, body.right);
      case "wisdom":
        state.governor.addWisdom(body);
        return null;
      case "audit":
        return state.governor.audit();
      case "reopen":
      case "reset":
        state.governor[call]();
        return status(state.kind, state.governor);
      case "get":
        return status(state.kind, state.governor);
      default:
        throw new Error(`unknown call ${call}`);
    }
  };

  let answers = 0;
  const started = performance.now();
  for (const { name, steps } of corpus) {
    const state = {};
    for (const [index, step] of steps.entries()) {
      let said;
      try {
        said = answer(state, step);
      } catch (error) {
        if (!(error instanceof assize.AssizeError)) throw error;
        said = problem(error);
      }
      const observed = canonical(said);
      if (observed !== step.answer) return { failure: { name, index, call: step.call, expected: step.answer, observed } };
      answers += 1;
    }
  }
  return { answers, milliseconds: Math.round(performance.now() - started) };
};

// For HTTP only: requests as they are, what is kept, opening a session wrongly, for a constructor takes the configuration
// alone, and questions whose body is what matters, for rules and question come apart here.
const isForHttp = ({ group, name, steps: [{ call }, ...others] }) =>
  ["protocol", "knowledge"].includes(group) || name.startsWith("query-body-") || (call === "open" && others.length === 0);
const calls = corpus.filter((story) => !isForHttp(story));

await tell("npm package in Node.js", calls, await run(new URL("node.js", folder).href, new URL("canonical.mjs", import.meta.url).href, calls));

const types = { js: "text/javascript", mjs: "text/javascript", wasm: "application/wasm", html: "text/html" };
const server = createServer(async ({ url }, response) => {
  try {
    const own = url === "/canonical.mjs" ? new URL("canonical.mjs", import.meta.url) : new URL(`.${url}`, folder);
    const bytes = url === "/" ? "<!doctype html><title>conformance</title>" : await readFile(own);
    response.writeHead(200, { "content-type": types[url.split(".").pop()] ?? types.html });
    response.end(bytes);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const { chromium } = createRequire(`${process.env.ASSIZE_TOOLS}/`)("playwright-core");
const browser = await chromium.launch({ executablePath: process.env.ASSIZE_CHROMIUM, args: ["--no-sandbox"] });
try {
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  const at = `http://127.0.0.1:${server.address().port}`;
  const given = [`${at}/index.js`, `${at}/canonical.mjs`, calls].map((value) => JSON.stringify(value));
  const script = `(${run})(${given.join(", ")})`;
  await tell("npm package in Chromium", calls, await page.evaluate(script));
} finally {
  await browser.close();
  server.close();
}
