// The Worker's bundle in a real workerd, as its manifest says.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { asker, register } from "./http.mjs";

const { Miniflare } = createRequire(`${process.env.ASSIZE_TOOLS}/`)("miniflare");
const folderOf = process.env.ASSIZE_WORKER;
const manifest = JSON.parse(process.env.ASSIZE_WRANGLER);

const modules = async () => {
  const found = [];
  for (const entry of await readdir(folderOf, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const type = entry.name.endsWith(".wasm") ? "CompiledWasm" : "ESModule";
    found.push({ type, path, contents: await readFile(path) });
  }
  // The first one is the entry.
  return found.sort((one, other) => Number(other.path.endsWith("index.js")) - Number(one.path.endsWith("index.js")));
};

const objects = () =>
  Object.fromEntries(
    manifest.durable_objects.bindings.map(({ name, class_name: className }) => {
      const useSQLite = manifest.migrations.some(({ new_sqlite_classes: made }) => made.includes(className));
      return [name, { className, useSQLite }];
    }),
  );

/** The headers of `_headers`, as the platform reads them. */
const headers = async () => {
  const text = await readFile(join(process.env.ASSIZE_WWW, "_headers"), "utf8");
  const set = text.split("\n").filter((line) => line.startsWith("  ")).map((line) => {
    const [, name, value] = line.match(/^ {2}([^:]+): (.*)$/);
    return [name.toLowerCase(), value];
  });
  return { version: 2, rules: { "/*": { set: Object.fromEntries(set) } } };
};

/** The playground, in front of the Worker. */
const assets = async () => ({
  directory: process.env.ASSIZE_WWW,
  routerConfig: { has_user_worker: true },
  assetConfig: { headers: await headers() },
});

/** The runtimes that this process has started. */
const children = async () => {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
      const [, name, , parent] = stat.match(/^\d+ \((.*)\) (\S) (\d+)/) ?? [];
      return name === "workerd" && Number(parent) === process.pid && pid;
    }),
  );
  return found.filter(Boolean);
};

/** Starts it, with storage that lasts where `storage` names a folder; without objects where `objectless`. */
export const start = async ({ storage, variables = {}, objectless = false, host = "127.0.0.1", port = 0, hear = () => {} } = {}) => {
  const before = await children();
  let log = "";
  const keep = (part) => {
    log += part;
    hear(part);
  };
  const runtime = new Miniflare({
    modules: await modules(),
    modulesRoot: folderOf,
    assets: await assets(),
    host,
    port,
    compatibilityDate: manifest.compatibility_date,
    bindings: { ...manifest.vars, ...variables },
    durableObjects: objectless ? {} : objects(),
    durableObjectsPersist: storage ?? false,
    handleRuntimeStdio: (stdout, stderr) => {
      stdout.on("data", keep);
      stderr.on("data", keep);
    },
  });
  const url = await runtime.ready.catch(async (error) => {
    await runtime.dispose();
    throw error;
  });
  const [child] = (await children()).filter((pid) => !before.includes(pid));
  const stop = () => runtime.dispose();
  const kill = async () => {
    process.kill(Number(child), "SIGKILL");
    await stop();
  };
  const address = url.href.replace(/\/$/, "");
  return register({ ...asker(address, fetch), address, log: () => log, stop, kill });
};

export const folder = () => mkdtemp(join(tmpdir(), "worker-"));

/** What SQLite says to `statement` on the storage of every object, while nobody runs on it. */
export const onObjects = async (storage, statement) => {
  const said = [];
  for (const entry of await readdir(storage, { recursive: true, withFileTypes: true })) {
    if (!entry.name.endsWith(".sqlite") || entry.name.startsWith("metadata")) continue;
    const file = join(entry.parentPath, entry.name);
    const { stdout } = await promisify(execFile)(process.env.ASSIZE_SQLITE, [file, statement]);
    said.push(...stdout.split("\n").filter((line) => line !== ""));
  }
  return said;
};

/** Spoils what is stored of every session. */
export const damage = (storage) => onObjects(storage, "UPDATE part SET bytes = zeroblob(20)");
