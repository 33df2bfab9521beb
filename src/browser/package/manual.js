// For hosts where neither `fetch` nor the file system finds the core: you hand it over.
import init, { initSync } from "./core.js";

export * from "./api.js";

/** Starts the core from what `fetch` takes, a Response, bytes, or a compiled module. */
export const start = async (source) => {
  await init({ module_or_path: source });
};

/** Starts the core from bytes or a compiled module. */
export const startSync = (source) => {
  initSync({ module: source });
};
