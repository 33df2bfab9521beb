// What the rule engine of the npm package costs in Node, beside @cedar-policy/cedar-wasm where it is installed:
// `npm install --no-save @cedar-policy/cedar-wasm@4.13.0` in a folder that ASSIZE_PEERS names.
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

const folder = process.env.ASSIZE_PACKAGE ?? `${import.meta.dirname}/../../target/artifacts/browser`;
const node = new URL("node.js", pathToFileURL(`${folder}/`));
const peers = process.env.ASSIZE_PEERS && createRequire(`${process.env.ASSIZE_PEERS}/`);

const [ROLES, PERMISSIONS, USERS] = [100, 1000, 1000];
const rolesOf = (user) => [user % ROLES, (user * 7 + 3) % ROLES];
const each = (count, make) => Array.from({ length: count }, (_, index) => make(index));
const RBAC = [
  "allow(user, permission) if role(user, r) and grants(r, permission).",
  ...each(PERMISSIONS, (index) => `grants("r${index % ROLES}", "p${index}").`),
  ...each(USERS, (index) => rolesOf(index).map((role) => `role("u${index}", "r${role}").`).join(" ")),
].join("\n");
const THRESHOLD = "input score/2. escalate(id) if score(id, x) and x > 0.8.";

const cases = each(1000, (index) => {
  const user = (index * 31) % USERS;
  const permission = (index % 2 === 0 ? rolesOf(user)[0] : index * 13) % PERMISSIONS;
  return [user, permission, rolesOf(user).includes(permission % ROLES)];
});
const expect = (condition) => {
  if (!condition) throw new Error("a decision is wrong");
};

const measure = (name, call, rounds) => {
  const times = each(7, () => {
    const started = performance.now();
    for (let index = 0; index < rounds; index += 1) call(index % cases.length);
    return ((performance.now() - started) * 1000) / rounds;
  });
  console.log(`${name}: ${times.sort((a, b) => a - b)[3].toFixed(2)} us`);
};

/** Milliseconds from before the import to the first decision, in a process of its own. */
const first = (name, script) => {
  const times = each(9, () => Number(execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" })));
  console.log(`${name}, load to first decision: ${times.sort((a, b) => a - b)[4].toFixed(1)} ms`);
};

const assize = async () => {
  const { KnowledgeBase } = await import(node);
  const started = performance.now();
  const base = new KnowledgeBase(RBAC);
  console.log(`assize, ${RBAC.split("\n").length} lines of roles, loaded: ${(performance.now() - started).toFixed(1)} ms`);
  const allow = base.predicate("allow", 2);
  const users = each(USERS, (index) => base.textHandle(`u${index}`));
  const permissions = each(PERMISSIONS, (index) => base.textHandle(`p${index}`));
  const holds = (index) => {
    const [user, permission, allowed] = cases[index];
    expect(base.holds(allow, users[user], permissions[permission]) === allowed);
  };
  measure("assize, roles, holds", holds, 50_000);
  const query = (index) => {
    const [user, permission, allowed] = cases[index];
    expect((base.query(["allow", `u${user}`, `p${permission}`]).verdict === "allow") === allowed);
  };
  measure("assize, roles, query", query, 5000);
  const limit = new KnowledgeBase(THRESHOLD);
  measure("assize, threshold, query with its fact", (index) => {
    const x = index / cases.length;
    expect((limit.query('escalate("a")', { facts: [["score", "a", x]] }).verdict === "allow") === x > 0.8);
  }, 5000);
  const known = new KnowledgeBase(`${THRESHOLD} ${each(1000, (index) => `score("a${index}", ${(index / 1000).toFixed(3)}).`).join(" ")}`);
  const escalate = known.predicate("escalate", 1);
  const ids = each(1000, (index) => known.textHandle(`a${index}`));
  measure("assize, threshold, holds", (index) => expect(known.holds(escalate, ids[index]) === index / 1000 > 0.8), 50_000);
  first("assize", `
    const { performance } = globalThis, before = performance.now();
    const { KnowledgeBase } = await import(${JSON.stringify(node.href)});
    const base = new KnowledgeBase(${JSON.stringify(THRESHOLD)});
    if (base.query('escalate("a")', { facts: [["score", "a", 0.9]] }).verdict !== "allow") throw new Error("wrong");
    console.log(performance.now() - before);`);
};

const cedar = () => {
  const path = peers.resolve("@cedar-policy/cedar-wasm/nodejs");
  const cedar = peers(path);
  const uid = (type, id) => ({ type, id });
  const policies = { staticPolicies: { rbac: "permit(principal, action, resource) when { principal in resource.roles };" } };
  expect(cedar.preparsePolicySet("rbac", policies).type === "success");
  expect(cedar.preparsePolicySet("threshold", { staticPolicies: { t: 'permit(principal, action, resource) when { context.score.greaterThan(decimal("0.8")) };' } }).type === "success");
  const ask = (preparsedPolicySetId, principal, resource, context, entities) => {
    const answer = cedar.statefulIsAuthorized({ principal, resource, action: uid("Action", "use"), context, entities, preparsedPolicySetId });
    if (answer.type !== "success") throw new Error(JSON.stringify(answer));
    return answer.response.decision === "allow";
  };
  const role = (index) => uid("Role", `r${index % ROLES}`);
  // Only what the request needs is given: all of it would be read anew by each call.
  measure("cedar, roles", (index) => {
    const [user, permission, allowed] = cases[index];
    const [who, what] = [uid("User", `u${user}`), uid("Permission", `p${permission}`)];
    const entities = [
      { uid: who, attrs: {}, parents: rolesOf(user).map(role) },
      { uid: what, attrs: { roles: [{ __entity: role(permission) }] }, parents: [] },
    ];
    expect(ask("rbac", who, what, {}, entities) === allowed);
  }, 2000);
  measure("cedar, threshold", (index) => {
    const x = (index / cases.length).toFixed(4);
    const score = { __extn: { fn: "decimal", arg: x } };
    expect(ask("threshold", uid("User", "u"), uid("Tool", "t"), { score }, []) === Number(x) > 0.8);
  }, 2000);
  first("cedar", `
    import { createRequire } from "node:module";
    const before = performance.now();
    const cedar = createRequire(import.meta.url ?? "file:///")(${JSON.stringify(path)});
    const uid = (type, id) => ({ type, id });
    const { response } = cedar.isAuthorized({ principal: uid("User", "u"), resource: uid("Tool", "t"), action: uid("Action", "use"),
      context: { score: { __extn: { fn: "decimal", arg: "0.9" } } }, entities: [],
      policies: { staticPolicies: { t: 'permit(principal, action, resource) when { context.score.greaterThan(decimal("0.8")) };' } } });
    if (response.decision !== "allow") throw new Error("wrong");
    console.log(performance.now() - before);`);
};

console.log(`${fileURLToPath(node)}, Node ${process.version}`);
await assize();
if (peers) cedar();
