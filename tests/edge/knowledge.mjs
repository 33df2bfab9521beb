// What every host that keeps knowledge bases at the edge must stand: the same tests, whichever it is.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { rm } from "node:fs/promises";
import { afterEach, test } from "node:test";
import { endAll, until } from "../hosts/http.mjs";

const RULES = "/v1/rules";
const FIRST = 'input role/2. @id("read-1") allow(who, "read", _) if role(who, "clerk").';
const SECOND = 'input role/2. allow(who, "read", _) if role(who, "auditor").';
const policy = (text) => ({ sources: [{ name: "policy.rules", text }] });
const resource = { type: "document", id: "d1" };
export const inline = { query: "p(x)", sources: ["p(1)."], explain: true, now: 0 };

const isProblem = (answer, status, kind) => {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.json.type, `urn:assize:problem:${kind}`);
  assert.ok(answer.json.detail.length > 0);
};

const fine = (answer) => {
  assert.ok(answer.status < 300, `${answer.status} ${answer.text}`);
  return answer.json;
};

const put = (host, name, text) => host.ask("PUT", `${RULES}/${name}`, policy(text));
const facts = (host, name, change) => host.ask("POST", `${RULES}/${name}/facts`, change);

const verdict = async (host, name, subject) => {
  const answer = fine(await host.ask("POST", `${RULES}/${name}/decide`, { subject, action: "read", resource }));
  return answer.verdict;
};

const evaluation = async (host, id) => {
  const body = { subject: { type: "user", id }, action: { name: "read" }, resource };
  return fine(await host.ask("POST", "/access/v1/evaluation", body)).decision;
};

/** As much text as `bytes` says, in facts. */
const large = (bytes) => Array.from({ length: Math.ceil(bytes / 32) }, (_, index) => `role("user-${String(index).padStart(9, "0")}", "r").`).join("\n");

export const knowledgeScenarios = ({ start, folder, damage, mostBytes }) => {
  afterEach(endAll);

  test("a knowledge base is put, asked, rolled back, changed and deleted, over restarts", async () => {
    const storage = await folder();
    let host = await start({ storage });
    const again = async () => {
      await host.stop();
      host = await start({ storage });
    };
    assert.deepEqual(fine(await host.ask("GET", RULES)), { rules: [] });
    isProblem(await host.ask("GET", `${RULES}/default`), 404, "not-found");
    isProblem(await put(host, "default", "p("), 422, "invalid-rules");
    assert.equal(fine(await put(host, "default", FIRST)).version, 1);
    assert.deepEqual(fine(await facts(host, "default", { add: [["role", "ann", "clerk"], ["role", "bob", "auditor"]] })), { added: 2, removed: 0 });
    await again();
    assert.equal(await verdict(host, "default", "ann"), "allow");
    assert.equal(fine(await put(host, "default", SECOND)).active, 2);
    assert.equal(await verdict(host, "default", "ann"), "deny");
    await again();
    assert.equal(await evaluation(host, "bob"), true);
    assert.deepEqual(fine(await host.ask("POST", `${RULES}/default/activate`, { version: 1 })), { active: 1 });
    await again();
    assert.equal(await evaluation(host, "bob"), false);
    assert.equal(await evaluation(host, "ann"), true);
    const { answers } = fine(await host.ask("POST", "/query", { query: "allow(who, what, _)", explain: true }));
    assert.equal(answers.length, 1);
    assert.equal(answers[0].bindings.who, "ann");
    assert.ok(answers[0].proof.some(({ id }) => id === "read-1"));
    const body = { action: { name: "read" }, resource, evaluations: [{ subject: { type: "user", id: "ann" } }, { subject: { type: "user", id: "bob" } }] };
    const many = fine(await host.ask("POST", "/access/v1/evaluations", body)).evaluations;
    assert.deepEqual(many.map(({ decision }) => decision), [true, false]);
    const found = await host.ask("POST", "/access/v1/search/subject", { subject: { type: "user" }, action: { name: "read" }, resource });
    assert.deepEqual(fine(found).results, [{ type: "user", id: "ann" }]);
    fine(await put(host, "other", FIRST));
    const names = async () => fine(await host.ask("GET", RULES)).rules.map(({ name }) => name);
    assert.deepEqual(await names(), ["default", "other"]);
    assert.equal((await host.ask("DELETE", `${RULES}/default`)).status, 204);
    await again();
    assert.deepEqual(await names(), ["other"]);
    isProblem(await host.ask("POST", `${RULES}/default/decide`, { subject: "ann", action: "read", resource }), 404, "not-found");
    // Numbers go on.
    assert.equal(fine(await put(host, "default", FIRST)).version, 3);
    await host.stop();
    await rm(storage, { recursive: true });
  });

  test("changes of facts at once are applied once each, and survive a kill", async () => {
    const storage = await folder();
    let host = await start({ storage });
    fine(await put(host, "default", FIRST));
    const add = (index) => facts(host, "default", { add: [["role", `user-${index}`, "clerk"]] });
    const told = await Promise.all(Array.from({ length: 20 }, (_, index) => add(index)));
    for (const answer of told) assert.equal(fine(answer).added, 1);
    await host.kill();
    host = await start({ storage });
    const { answers } = fine(await host.ask("POST", "/query", { query: "role(who, r)" }));
    assert.equal(answers.length, 20);
    const { changed_facts: changed, sequence } = fine(await host.ask("GET", `${RULES}/default`));
    assert.deepEqual([changed, sequence], [20, 20]);
    await host.stop();
    await rm(storage, { recursive: true });
  });

  test("tenants do not see each other's knowledge bases, and scopes are kept", async () => {
    const storage = await folder();
    const [key, secret] = ["a-key-of-at-least-32-bytes-for-tests", "a-secret-of-at-least-32-bytes-for-tests"];
    const host = await start({
      storage,
      variables: {
        ASSIZE_AUTH_ANONYMOUS: "false",
        ASSIZE_AUTH_KEYS: key,
        ASSIZE_AUTH_JWT_ISSUER: "issuer",
        ASSIZE_AUTH_JWT_AUDIENCE: "audience",
        ASSIZE_AUTH_JWT_SECRET: secret,
      },
    });
    const bearer = (claims) => {
      const exp = Math.floor(Date.now() / 1000) + 60;
      const parts = [{ alg: "HS256" }, { iss: "issuer", aud: "audience", sub: "s", exp, scope: "*", ...claims }];
      const [head, payload] = parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"));
      const mac = createHmac("sha256", secret).update(`${head}.${payload}`).digest("base64url");
      return { authorization: `Bearer ${head}.${payload}.${mac}` };
    };
    const ask = async (method, path, headers, body) => {
      const text = body && JSON.stringify(body);
      const answer = await host.request(method, path, { headers: { ...headers, ...(body && { "content-type": "application/json" }) }, text });
      return { ...answer, json: answer.text === "" ? null : JSON.parse(answer.text) };
    };
    const decision = { subject: "ann", action: "read", resource };
    for (const [method, path, body] of [["GET", RULES], ["PUT", `${RULES}/default`, policy(FIRST)], ["POST", `${RULES}/default/decide`, decision], ["POST", "/query", { query: "p(x)" }]]) {
      assert.equal((await ask(method, path, {}, body)).status, 401, path);
    }
    const [a, b] = [bearer({ tenant: "a" }), bearer({ tenant: "b" })];
    fine(await ask("PUT", `${RULES}/default`, a, policy('allow("ann", "read", _).')));
    for (const other of [b, { "x-api-key": key }]) {
      assert.deepEqual(fine(await ask("GET", RULES, other)), { rules: [] });
      for (const [method, path, body] of [["GET", `${RULES}/default`], ["DELETE", `${RULES}/default`], ["POST", `${RULES}/default/decide`, decision], ["POST", "/query", { query: "allow(x, y, z)" }]]) {
        assert.equal((await ask(method, path, other, body)).status, 404, path);
      }
    }
    fine(await ask("PUT", `${RULES}/default`, b, policy('allow("bob", "read", _).')));
    const verdictOf = async (who) => fine(await ask("POST", `${RULES}/default/decide`, who, decision)).verdict;
    assert.deepEqual([await verdictOf(a), await verdictOf(b)], ["allow", "deny"]);
    assert.equal((await ask("PUT", `${RULES}/default`, bearer({ tenant: "a", scope: "rules:read evaluate" }), policy(FIRST))).status, 403);
    assert.equal((await ask("GET", `${RULES}/default`, bearer({ tenant: "a", scope: "evaluate" }))).status, 403);
    assert.equal((await ask("POST", `${RULES}/default/decide`, bearer({ tenant: "a", scope: "rules:write" }), decision)).status, 403);
    assert.equal((await ask("DELETE", `${RULES}/default`, b)).status, 204);
    assert.equal(await verdictOf(a), "allow");
    await host.stop();
    await rm(storage, { recursive: true });
  });

  test("a damaged knowledge base is said to be one, never permits, can be deleted and put again", async () => {
    const storage = await folder();
    let host = await start({ storage });
    fine(await put(host, "default", 'allow("ann", "read", _).'));
    fine(await put(host, "default", 'allow("ann", "read", _).'));
    await host.stop();
    await damage(storage);
    host = await start({ storage });
    for (const [method, path, body] of [["GET", `${RULES}/default`], ["PUT", `${RULES}/default`, policy(FIRST)], ["POST", `${RULES}/default/decide`, { subject: "ann", action: "read", resource }], ["POST", "/query", { query: "allow(x, y, z)" }]]) {
      const answer = await host.ask(method, path, body);
      isProblem(answer, 500, "internal");
      assert.match(answer.json.detail, /damaged.*deleted/);
    }
    assert.equal(fine(await host.ask("POST", "/query", inline)).verdict, "allow");
    assert.equal((await host.ask("DELETE", `${RULES}/default`)).status, 204);
    isProblem(await host.ask("GET", `${RULES}/default`), 404, "not-found");
    fine(await put(host, "default", 'allow("ann", "read", _).'));
    assert.equal(await verdict(host, "default", "ann"), "allow");
    assert.deepEqual(fine(await host.ask("GET", RULES)).rules.map(({ name }) => name), ["default"]);
    await host.stop();
    await rm(storage, { recursive: true });
  });

  test("a knowledge base is as large as it may be, and no larger", async () => {
    const storage = await folder();
    const host = await start({ storage, variables: { ASSIZE_MAX_BODY_BYTES: String(16 * 1024 * 1024) } });
    const most = large(0.85 * mostBytes);
    fine(await put(host, "default", `${most}\nallow(who, "read", _) if role(who, "r").`));
    assert.equal(await verdict(host, "default", "user-000000007"), "allow");
    assert.equal(await verdict(host, "default", "nobody"), "deny");
    for (const refused of [await put(host, "default", most), await put(host, "more", large(1.2 * mostBytes))]) {
      isProblem(refused, 507, "store-full");
      assert.match(refused.json.detail, new RegExp(`knowledge-base-bytes would pass ${mostBytes}`));
    }
    assert.equal(fine(await host.ask("GET", `${RULES}/default`)).active, 1);
    assert.equal(await verdict(host, "default", "user-000000007"), "allow");
    assert.equal((await host.ask("DELETE", `${RULES}/default`)).status, 204);
    assert.equal(fine(await put(host, "default", FIRST)).version, 2);
    await host.stop();
    await rm(storage, { recursive: true });
  });
};

/** A store for knowledge bases that is not there. */
export const missingKnowledge = async (host, cause) => {
  for (const [method, path, body] of [["GET", RULES], ["PUT", `${RULES}/default`, policy(FIRST)], ["POST", `${RULES}/default/decide`, { subject: "a", action: "b", resource }], ["POST", "/query", { query: "p(x)" }]]) {
    const answer = await host.ask(method, path, body);
    isProblem(answer, 503, "unavailable");
    const id = answer.headers.get("x-request-id");
    await until(() => host.log().split("\n").some((line) => line.includes(id) && cause.test(line)));
  }
  assert.equal(fine(await host.ask("POST", "/query", inline)).verdict, "allow");
  assert.equal((await host.ask("POST", `${RULES}/check`, policy(FIRST))).status, 200);
};
