// The thread of the rule engine: takes one call after the other.
import { KnowledgeBase, checkRules } from "/assize/index.js";

const NAME = "policy.rules";

let loaded = { policy: null, base: null };
/** Answers of the last question again, each with its proof, as far as they were asked for. */
let proved = { base: null, key: null, answers: null, found: [] };

const baseOf = (policy) => {
  if (loaded.policy !== policy) {
    loaded.base?.close();
    loaded = { policy: null, base: null };
    loaded = { policy, base: new KnowledgeBase([{ name: NAME, text: policy }]) };
  }
  return loaded.base;
};

/** A proof takes longer than an answer, so only those are made that are looked at. */
const provedOf = (policy, question, limits) => {
  const [base, key] = [baseOf(policy), JSON.stringify([question, limits])];
  if (proved.base !== base || proved.key !== key) {
    proved.answers?.return();
    proved = { base, key, answers: base.answers(question, { explain: true, ...limits }), found: [] };
  }
  return proved;
};

const calls = {
  check: (policy) => checkRules([{ name: NAME, text: policy }]),
  ask: (policy, question, limits) => {
    const base = baseOf(policy);
    const begin = performance.now();
    const result = base.query(question, { why_not: true, ...limits });
    return { ...result, milliseconds: performance.now() - begin };
  },
  prove: (policy, question, limits, index) => {
    const { answers, found } = provedOf(policy, question, limits);
    while (found.length <= index) {
      const { done, value } = answers.next();
      if (done) break;
      found.push(value.proof ?? []);
    }
    return found[index] ?? [];
  },
};

addEventListener("message", ({ data: { id, what, given } }) => {
  try {
    postMessage({ id, value: calls[what](...given) });
  } catch (error) {
    const { name, message, code = null, findings = null } = error;
    postMessage({ id, error: { name, message, code, findings } });
  }
});

// What is sent before the core is there would be lost.
postMessage({});
