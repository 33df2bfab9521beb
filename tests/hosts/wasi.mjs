// The composed components on a real host of wasi:http 0.3.
import { execFile } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { run } from "./process.mjs";

/** Starts `component`, with a store where `storage` names a folder, of so many pages of 4 KiB. */
export const start = async ({ component = "assize-spin.wasm", storage, pages, reuse, variables = {}, listen = "127.0.0.1:0" } = {}) => {
  const given = [join(process.env.ASSIZE_SPIN, component), "--listen", listen];
  if (storage) given.push("--store", join(storage, "store.sqlite"));
  if (pages) given.push("--store-pages", String(pages));
  if (reuse) given.push("--reuse", String(reuse));
  for (const [name, value] of Object.entries(variables)) given.push("--env", `${name}=${value}`);
  return run(process.env.ASSIZE_WASI_HOST, given, /listening on (http:\S+)\n/);
};

export const folder = () => mkdtemp(join(tmpdir(), "wasi-"));

/** Spoils what is stored of every session, while nobody runs on it. */
export const damage = async (storage) => {
  const spoil = "UPDATE value SET value = zeroblob(20)";
  await promisify(execFile)(process.env.ASSIZE_SQLITE, [join(storage, "store.sqlite"), spoil]);
};
