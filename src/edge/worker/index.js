// The Worker's entry: starts the core's module, and hands over what the runtime looks for.
import * as core from "./core.js";
import module from "./assize.wasm";

core.initSync({ module });

export const GovernorSession = core.GovernorSession;
export const TenantKnowledge = core.TenantKnowledge;

export default {
  fetch: (request, env, context) => core.fetch(request, env, context),
};
