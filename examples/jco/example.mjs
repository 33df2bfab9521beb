// Runs assize.wasm in any JavaScript host, transpiled by jco. In this folder:
//
//   npx @bytecodealliance/jco transpile ../../target/artifacts/core/assize.wasm -o core
//   node example.mjs
import { governor } from "./core/assize.js";

const config = governor.defaultCycleConfig();
const evaluation = governor.evaluateCycle(config, {
  left: { output: "Restart the replica, then watch the error rate", confidence: 0.9 },
  right: { output: "Restart the replica, then watch the latency", confidence: 0.85 },
  budget: config.initialContradictionBudget,
  cycle: 1,
});
console.log(`${evaluation.verdict}, risk ${evaluation.risk}`);
for (const { code, message } of evaluation.reasons) console.log(`${code}: ${message}`);

// What is refused is thrown, with every wrong field in its payload.
try {
  new governor.CycleGovernor({ ...config, maxCycles: 0 });
} catch ({ payload }) {
  for (const { pointer, message } of payload.val) console.log(`${payload.tag}: ${pointer} ${message}`);
}
