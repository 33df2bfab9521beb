// The npm package where its README says it runs: bundled for Node and for pages, in a Web Worker, without a bundler.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { launch } from "./page.mjs";

const tools = createRequire(`${process.env.ASSIZE_TOOLS}/`);
const esbuild = tools("esbuild");
const { default: sirv } = await import(tools.resolve("sirv"));
const { createServer } = await import("node:http");

const CALLER = `
  import { CycleGovernor, InvalidInputError, evaluate } from "assize";
  const side = (output) => ({ output, confidence: 0.9 });
  export const judge = () => {
    using governor = new CycleGovernor({ max_cycles: 5 });
    let refused;
    try { evaluate({}); } catch (error) { refused = error instanceof InvalidInputError && error.code; }
    const { verdict } = governor.evaluate(side("a b c"), side("a b c"));
    return JSON.stringify({ verdict, refused, similarity: evaluate({ left: side("a b c"), right: side("a b d") }).similarity });
  };
`;
const EXPECTED = { verdict: "allow", refused: "invalid-input", similarity: 0.5 };

let folder, server, address, browser;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "assize-uses-"));
  await mkdir(join(folder, "node_modules"));
  await cp(process.env.ASSIZE_PACKAGE, join(folder, "node_modules/assize"), { recursive: true });
  await writeFile(join(folder, "caller.js"), CALLER);
  const files = sirv(folder, { dev: true });
  server = createServer((request, response) => files(request, response, () => response.writeHead(404).end()));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${server.address().port}`;
  browser = await launch();
});

after(async () => {
  await browser?.close();
  server?.close();
  await rm(folder, { recursive: true });
});

const bundle = (entry, outfile, options) =>
  esbuild.build({ absWorkingDir: folder, entryPoints: [entry], outfile, bundle: true, format: "esm", target: "es2022", logLevel: "error", ...options });

/** What a page says that is made of `html`, in the title that it gives itself. */
const said = async (name, html) => {
  await writeFile(join(folder, name), `<!doctype html><title>?</title>${html}`);
  const page = await browser.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(`${address}/${name}`);
  await page.waitForFunction(() => document.title !== "?" || undefined, null, { timeout: 20_000 }).catch(() => {
    throw new Error(`nothing was said: ${complaints.join("; ")}`);
  });
  const title = await page.title();
  await page.close();
  assert.deepEqual(complaints, []);
  return JSON.parse(title);
};

test("bundled for Node", async () => {
  await writeFile(join(folder, "node-entry.js"), 'import { judge } from "./caller.js"; console.log(judge());');
  await bundle("node-entry.js", "out-node/bundle.mjs", { platform: "node" });
  await cp(join(process.env.ASSIZE_PACKAGE, "assize.wasm"), join(folder, "out-node/assize.wasm"));
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, "out-node/bundle.mjs")]);
  assert.deepEqual(JSON.parse(stdout), EXPECTED);
});

test("bundled for a page", async () => {
  await writeFile(join(folder, "page-entry.js"), 'import { judge } from "./caller.js"; document.title = judge();');
  await bundle("page-entry.js", "out-page/bundle.js", { platform: "browser" });
  await cp(join(process.env.ASSIZE_PACKAGE, "assize.wasm"), join(folder, "out-page/assize.wasm"));
  assert.deepEqual(await said("bundled.html", '<script type="module" src="/out-page/bundle.js"></script>'), EXPECTED);
});

const IMPORTS = '<script type="importmap">{ "imports": { "assize": "/node_modules/assize/index.js" } }</script>';

test("in a page without a bundler", async () => {
  await bundle("caller.js", "plain.js", { bundle: false });
  const script = '<script type="module">import { judge } from "/plain.js"; document.title = judge();</script>';
  assert.deepEqual(await said("plain.html", `${IMPORTS}${script}`), EXPECTED);
});

test("in a Web Worker", async () => {
  await writeFile(join(folder, "worker-entry.js"), 'import { judge } from "./caller.js"; postMessage(judge());');
  await bundle("worker-entry.js", "out-worker/bundle.js", { platform: "browser" });
  await cp(join(process.env.ASSIZE_PACKAGE, "assize.wasm"), join(folder, "out-worker/assize.wasm"));
  const script = `<script type="module">
    const worker = new Worker("/out-worker/bundle.js", { type: "module" });
    worker.onmessage = ({ data }) => { document.title = data; };
  </script>`;
  assert.deepEqual(await said("worker.html", script), EXPECTED);
});

test("in a Web Worker without a bundler", async () => {
  const worker = `
    import { evaluate } from "/node_modules/assize/index.js";
    const side = (output) => ({ output, confidence: 0.9 });
    postMessage(JSON.stringify(evaluate({ left: side("a b c"), right: side("a b d") }).similarity));
  `;
  await writeFile(join(folder, "plain-worker.js"), worker);
  const script = `<script type="module">
    const worker = new Worker("/plain-worker.js", { type: "module" });
    worker.onmessage = ({ data }) => { document.title = data; };
  </script>`;
  assert.equal(await said("plain-worker.html", script), 0.5);
});
