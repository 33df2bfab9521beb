export * from "./index.js";

/** What `start` takes. */
export type Source = RequestInfo | URL | Response | BufferSource | WebAssembly.Module;

/** Starts the core. Call it once, before anything else. */
export function start(source: Source | Promise<Source>): Promise<void>;

/** Starts the core, blocking. Browsers permit that in workers only, or for small modules. */
export function startSync(source: BufferSource | WebAssembly.Module): void;
