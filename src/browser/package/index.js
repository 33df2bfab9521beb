// For browsers, Web Workers and bundlers: the core is there when this module is.
import { start } from "./manual.js";

await start(new URL("./assize.wasm", import.meta.url));

export * from "./api.js";
