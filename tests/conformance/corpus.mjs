// The corpus that the Rust side left, and what is said of a host.
import { readFile } from "node:fs/promises";

export const corpusOf = async (folder) => {
  const text = await readFile(`${folder}/corpus.ndjson`, "utf8");
  return text.trimEnd().split("\n").map((line) => JSON.parse(line));
};

export const tell = (host, { failure, cases, answers, milliseconds }) => {
  if (failure) {
    const { name, index, call, expected, observed } = failure;
    console.error(`${host}: ${name}, step ${index} (${call}) differs\n  expected ${expected}\n  observed ${observed}`);
    process.exitCode = 1;
    return;
  }
  const columns = [host.padEnd(28), String(cases).padStart(5), "cases", String(answers).padStart(6), "answers"];
  console.error(`${columns.join(" ")} ${String(milliseconds).padStart(7)} ms`);
};

