// The corpus through the npm package, in Node and in a real Chromium; fails on the first difference.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const folder = pathToFileURL(`${process.env.ASSIZE_PACKAGE}/`);
const text = await readFile(`${process.env.ASSIZE_CONFORMANCE}/corpus.ndjson`, "utf8");
const corpus = text.trimEnd().split("\n").map((line) => JSON.parse(line));

// Stands alone, so that it can be sent into a page. The names are those of the Rust side.
const run = async (url, corpus) => {
  const assize = await import(url);
  const circumstances = new Set(["id", "sequence", "created_ms", "updated_ms"]);
  const bits = new DataView(new ArrayBuffer(8));

  // JSON's escapes as Rust writes them: JSON.stringify also escapes lone surrogates only.
  const canonical = (value) => {
    if (typeof value === "number") {
      bits.setFloat64(0, value);
      return `#${bits.getBigUint64(0).toString(16).padStart(16, "0")}`;
    }
    if (Array.isArray(value)) return `[${value.map((item) => `${canonical(item)},`).join("")}]`;
    if (value !== null && typeof value === "object") {
      const names = Object.keys(value).filter((name) => value[name] !== undefined && !circumstances.has(name));
      return `{${names.sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])},`).join("")}}`;
    }
    return JSON.stringify(value);
  };

  const problem = ({ code, errors, limit }) => {
    const kinds = { limit: "limit-reached" };
    return { error: kinds[code] ?? code, errors, limit };
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
  return { cases: corpus.length, answers, milliseconds: Math.round(performance.now() - started) };
};

const tell = (host, { failure, cases, answers, milliseconds }) => {
  if (failure) {
    const { name, index, call, expected, observed } = failure;
    console.error(`${host}: ${name}, step ${index} (${call}) differs\n  expected ${expected}\n  observed ${observed}`);
    process.exitCode = 1;
    return;
  }
  const columns = [host.padEnd(28), String(cases).padStart(5), "cases", String(answers).padStart(6), "answers"];
  console.error(`${columns.join(" ")} ${String(milliseconds).padStart(7)} ms`);
};

// Opening a session from what is no object is for HTTP only: a constructor takes the configuration.
const calls = corpus.filter(({ steps }) => steps.length > 1 || steps[0].call !== "open");

tell("npm package in Node.js", await run(new URL("node.js", folder).href, calls));

const types = { js: "text/javascript", wasm: "application/wasm", html: "text/html" };
const server = createServer(async ({ url }, response) => {
  try {
    const bytes = url === "/" ? "<!doctype html><title>conformance</title>" : await readFile(new URL(`.${url}`, folder));
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
  const url = `http://127.0.0.1:${server.address().port}/index.js`;
  const script = `(${run})(${JSON.stringify(url)}, ${JSON.stringify(calls)})`;
  tell("npm package in Chromium", await page.evaluate(script));
} finally {
  await browser.close();
  server.close();
}
