// What a call of the npm package costs in Node; see docs/performance.md.
import { pathToFileURL } from "node:url";

const folder = process.env.ASSIZE_PACKAGE ?? `${import.meta.dirname}/../../target/artifacts/browser`;
const before = performance.now();
const { evaluate, wordOverlap } = await import(new URL("node.js", pathToFileURL(`${folder}/`)));

const text = (words, mark) => {
  const word = (_, index) => (index % 3 === 0 ? `${mark}${index}` : `word${(index * 7) % 97}`);
  return Array.from({ length: words }, word).join(" ");
};
const request = (words) => ({
  left: { output: text(words, "l"), confidence: 0.9 },
  right: { output: text(words, "r"), confidence: 0.8 },
});

evaluate(request(20));
console.log(`load to first verdict: ${(performance.now() - before).toFixed(1)} ms`);

const CALLS = 50_000;
const measure = (call) => {
  for (let index = 0; index < CALLS; index += 1) call();
  const started = performance.now();
  for (let index = 0; index < CALLS; index += 1) call();
  return ((performance.now() - started) * 1000) / CALLS;
};
for (const words of [20, 200]) {
  const given = request(words);
  const answer = evaluate(given);
  const { left, right } = given;
  const ways = {
    evaluate: () => evaluate(given),
    "request as JSON and back": () => JSON.parse(JSON.stringify(given)),
    "answer as JSON and back": () => JSON.parse(JSON.stringify(answer)),
    wordOverlap: () => wordOverlap(left.output, right.output),
  };
  for (const [name, call] of Object.entries(ways)) console.log(`${words} words, ${name}: ${measure(call).toFixed(2)} us`);
}
