// For Node: the core is read from beside this file.
import { readFileSync } from "node:fs";
import { startSync } from "./manual.js";

startSync(readFileSync(new URL("./assize.wasm", import.meta.url)));

export * from "./api.js";
