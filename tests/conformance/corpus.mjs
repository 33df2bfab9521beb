// The corpus that the Rust side left, and what is left of a host's run.
import { appendFile, readFile } from "node:fs/promises";

const folder = process.env.ASSIZE_CONFORMANCE;

export const corpus = (await readFile(`${folder}/corpus.ndjson`, "utf8")).trimEnd().split("\n").map((line) => JSON.parse(line));

/** Tells the first difference, or leaves the row that `cargo xtask conformance` prints. */
export const tell = async (host, cases, { failure, answers, milliseconds }) => {
  if (failure) {
    const { name, index, call, expected, observed } = failure;
    let at = 0;
    while (expected[at] === observed[at]) at += 1;
    const around = (text) => JSON.stringify(text.slice(Math.max(0, at - 60), at + 200));
    console.error(`${host}: ${name}, step ${index} (${call}) differs at character ${at}\n  expected … ${around(expected)}\n  observed … ${around(observed)}`);
    process.exitCode = 1;
    return;
  }
  const groups = {};
  for (const { group } of cases) groups[group] = (groups[group] ?? 0) + 1;
  await appendFile(`${folder}/rows.ndjson`, `${JSON.stringify({ host, groups, cases: cases.length, answers, milliseconds })}\n`);
};
