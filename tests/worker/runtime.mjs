// The Worker's bundle in a real workerd.
import { readFile, readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

const { Miniflare } = createRequire(`${process.env.ASSIZE_TOOLS}/`)("miniflare");
const folder = process.env.ASSIZE_WORKER;

const modules = async () => {
  const found = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const type = entry.name.endsWith(".wasm") ? "CompiledWasm" : "ESModule";
    found.push({ type, path, contents: await readFile(path) });
  }
  // The first one is the entry.
  return found.sort((one, other) => Number(other.path.endsWith("index.js")) - Number(one.path.endsWith("index.js")));
};

/** Starts it, with storage that lasts where `storage` names a folder. */
export const start = async (storage = false) => {
  const runtime = new Miniflare({
    modules: await modules(),
    modulesRoot: folder,
    compatibilityDate: "2026-07-01",
    durableObjects: { SESSIONS: { className: "GovernorSession", useSQLite: true } },
    durableObjectsPersist: storage,
  });
  await runtime.ready;
  const ask = async (method, path, body) => {
    const headers = body === undefined ? {} : { "content-type": "application/json" };
    const response = await runtime.dispatchFetch(`http://worker${path}`, { method, headers, body: JSON.stringify(body) });
    const text = await response.text();
    const json = text === "" ? null : JSON.parse(text);
    return { status: response.status, json, location: response.headers.get("location"), headers: response.headers };
  };
  return { ask, stop: () => runtime.dispose() };
};
