// `cargo xtask bench hosts`: what it takes to start each host, and to ask it; see docs/performance.md.
import { rm } from "node:fs/promises";
import { openPlayground, launch } from "../browser/page.mjs";
import * as native from "./native.mjs";
import * as wasi from "./wasi.mjs";
import * as worker from "./worker.mjs";

const side = (output, confidence) => ({ output, confidence });
const body = {
  left: side("Restart the replica, then watch the error rate", 0.9),
  right: side("Restart the replica, then watch the latency", 0.85),
};
const STARTS = 5;
const CALLS = 300;

const median = (numbers) => numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)];
const timed = async (act) => {
  const started = performance.now();
  const result = await act();
  return [performance.now() - started, result];
};
const print = (name, columns) => {
  const cells = Object.entries(columns).map(([column, ms]) => `${column} ${ms.toFixed(2)} ms`);
  console.log(`${name.padEnd(34)} ${cells.join("   ")}`);
};

const evaluate = (host) => host.ask("POST", "/evaluate", body);

const measure = async (name, start) => {
  const [starts, firsts] = [[], []];
  let host;
  for (let index = 0; index < STARTS; index += 1) {
    await host?.stop();
    const [took, made] = await timed(start);
    host = made;
    starts.push(took);
    firsts.push((await timed(() => evaluate(host)))[0]);
  }
  const calls = [];
  for (let index = 0; index < CALLS; index += 1) calls.push((await timed(() => evaluate(host)))[0]);
  await host.stop();
  print(name, { start: median(starts), "first answer": median(firsts), "later answers": median(calls) });
};

const storage = await wasi.folder();
await measure("assize serve", native.start);
await measure("Worker in workerd", () => worker.start());
await measure("assize-spin.wasm, instance kept", () => wasi.start({ storage }));
await measure("assize-spin.wasm, fresh instance", () => wasi.start({ storage, reuse: 1 }));
await measure("assize-http.wasm, instance kept", () => wasi.start({ component: "assize-http.wasm" }));
await measure("assize-http.wasm, fresh instance", () => wasi.start({ component: "assize-http.wasm", reuse: 1 }));
await rm(storage, { recursive: true });

const host = await native.start();
const browser = await launch();
const firsts = [];
for (let index = 0; index < STARTS; index += 1) {
  const { page, close } = await openPlayground(browser, host.address, { width: 900, height: 900 });
  firsts.push(await page.evaluate(() => performance.getEntriesByName("first-verdict")[0].startTime));
  await close();
}
print("playground in Chromium", { "first verdict": median(firsts) });
await browser.close();
await host.stop();
