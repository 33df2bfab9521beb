// What every host with sessions at the edge must stand: the same tests, whichever it is.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { rm } from "node:fs/promises";
import { afterEach, test } from "node:test";
import { endAll, until } from "../hosts/http.mjs";

export const SESSIONS = "/v1/governor/sessions";
const side = (output) => ({ output, confidence: 0.9 });
export const outputs = { left: side("a b c"), right: side("a b d") };
export const config = { max_cycles: 1000, quality_improvement_threshold: 0, initial_contradiction_budget: 1000 };

const open = async (host) => {
  const { status, location, text } = await host.ask("POST", SESSIONS, { config });
  assert.equal(status, 201, text);
  return location;
};

const step = (host, session) => host.ask("POST", `${session}/evaluate`, outputs);

/** The lines of a log that tell of a failure. */
const failures = (host) => host.log().split("\n").filter((line) => line.includes('"ERROR"'));

const isProblem = (answer, status, kind) => {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.headers.get("content-type"), "application/problem+json");
  assert.equal(answer.json.type, `urn:assize:problem:${kind}`);
  assert.ok(answer.json.detail.length > 0);
};

/** One failure, one line, which names the request and its cause. */
const isLoggedOnce = async (host, answer, cause) => {
  const id = answer.headers.get("x-request-id");
  const lines = await until(() => {
    const found = failures(host).filter((line) => line.includes(id));
    return found.length > 0 && found;
  });
  assert.equal(lines.length, 1, lines.join("\n"));
  assert.match(lines[0], cause);
};

export const scenarios = ({ start, folder, damage }) => {
  afterEach(endAll);

  test("every acknowledged cycle is there after the runtime was killed in the middle", async () => {
    const storage = await folder();
    let host = await start({ storage });
    const session = await open(host);
    const AT_ONCE = 6;
    let kept = 0;
    let interrupted = 0;
    for (let round = 0; round < 6; round += 1) {
      // Six are under way; it dies when so many of them are answered as the round says.
      let answered = 0;
      let enough;
      const isEnough = new Promise((resolve) => (enough = resolve));
      const told = Array.from({ length: AT_ONCE }, () =>
        step(host, session).then(
          ({ json }) => {
            answered += 1;
            if (answered === round) enough();
            return json.cycle;
          },
          () => null,
        ),
      );
      if (round === 0) setTimeout(enough, 5);
      await isEnough;
      await host.kill();
      const cycles = (await Promise.all(told)).filter((cycle) => cycle !== null);
      interrupted += AT_ONCE - cycles.length;
      host = await start({ storage });
      const { total_cycles: now } = (await host.ask("GET", `${session}/audit`)).json;
      assert.ok(now >= kept + cycles.length && now <= kept + AT_ONCE, `${kept} before, ${cycles.length} told, ${now} now`);
      assert.equal(new Set(cycles).size, cycles.length);
      for (const cycle of cycles) assert.ok(cycle > kept && cycle <= now, `cycle ${cycle} of ${now}`);
      kept = now;
    }
    assert.ok(interrupted > 0, "no request was interrupted");
    // The next answer is what it would have been.
    const undisturbed = await open(host);
    for (let cycle = 0; cycle < kept; cycle += 1) await step(host, undisturbed);
    const audits = await Promise.all([session, undisturbed].map((path) => host.ask("GET", `${path}/audit`)));
    assert.deepEqual(audits[0].json, audits[1].json);
    assert.deepEqual((await step(host, session)).json, (await step(host, undisturbed)).json);
    await host.stop();
    await rm(storage, { recursive: true });
  });

  test("a session of several megabytes is kept whole, grows and shrinks", async () => {
    const storage = await folder();
    const variables = { ASSIZE_MAX_BODY_BYTES: String(16 * 1024 * 1024) };
    let host = await start({ storage, variables });
    const { location } = await host.ask("POST", SESSIONS, { governor: "session" });
    const freeze = async (answer) => {
      const side = (engine_id) => ({ engine_id, cycle_index: 0, answer });
      const { json } = await host.ask("POST", `${location}/step`, { left: side("a"), right: side("b") });
      assert.equal(json.decision, "FREEZE");
    };
    const frozen = async () => (await host.ask("GET", `${location}/audit`)).json.last_frozen_answer;
    for (const words of [400_000, 3, 300_000, 700_000, 1]) {
      const answer = "long ".repeat(words).trim();
      await freeze(answer);
      await host.stop();
      host = await start({ storage, variables });
      assert.ok((await frozen()) === answer, `an answer of ${words} words`);
      assert.equal((await host.ask("POST", `${location}/reset`)).status, 200);
    }
    await host.stop();
    await rm(storage, { recursive: true });
  });

  test("fifty changes at once are applied once each, and the trail agrees", async () => {
    const storage = await folder();
    const host = await start({ storage });
    const session = await open(host);
    const answers = await Promise.all(Array.from({ length: 50 }, () => step(host, session)));
    const cycles = answers.map(({ json }) => json.cycle).sort((one, other) => one - other);
    assert.deepEqual(cycles, Array.from({ length: 50 }, (_, index) => index + 1));
    const { json } = await host.ask("GET", `${session}/audit`);
    assert.equal(json.total_cycles, 50);
    // What each caller was told is what the trail says of its cycle.
    for (const { json: answer } of answers) {
      assert.equal(json.budget_trajectory[answer.cycle - 1], answer.budget_remaining);
    }
    assert.equal((await host.ask("GET", session)).json.sequence, 50);
    await host.stop();
    await rm(storage, { recursive: true });
  });

  test("a damaged session is said to be one, can be deleted, and harms no other", async () => {
    const storage = await folder();
    let host = await start({ storage });
    const damaged = await open(host);
    await step(host, damaged);
    await host.stop();
    await damage(storage);
    host = await start({ storage });
    const other = await open(host);
    for (const ask of [() => step(host, damaged), () => host.ask("GET", damaged), () => host.ask("GET", `${damaged}/audit`)]) {
      const answer = await ask();
      isProblem(answer, 500, "internal");
      assert.match(answer.json.detail, /damaged.*deleted/);
      await isLoggedOnce(host, answer, /damaged/);
    }
    assert.equal((await step(host, other)).json.cycle, 1);
    assert.equal((await host.ask("DELETE", damaged)).status, 204);
    isProblem(await host.ask("GET", damaged), 404, "not-found");
    await host.stop();
    await rm(storage, { recursive: true });
  });

  test("settings that are not acceptable are named in the log, and not to callers", async () => {
    const storage = await folder();
    const host = await start({ storage, variables: { ASSIZE_MAX_BODY_BYTES: "much", ASSIZE_LOG: "loud" } });
    const answer = await host.ask("GET", "/health");
    isProblem(answer, 500, "internal");
    assert.ok(!answer.text.includes("much"));
    await until(() => failures(host).some((line) => /ASSIZE_MAX_BODY_BYTES must be .*`much`/.test(line)));
    await host.stop();
    await rm(storage, { recursive: true });
  });

  test("settings are taken: the largest body, and what is logged", async () => {
    const storage = await folder();
    const host = await start({ storage, variables: { ASSIZE_MAX_BODY_BYTES: "50", ASSIZE_LOG: "error" } });
    isProblem(await host.ask("POST", "/evaluate", outputs), 413, "body-too-large");
    isProblem(await host.ask("POST", SESSIONS, { config: { max_cycles: 1, contradiction_decay_rate: 0.1 } }), 413, "body-too-large");
    assert.equal((await host.ask("POST", SESSIONS, {})).status, 201);
    await host.stop();
    assert.ok(!host.log().includes('"INFO"'), host.log());
    await rm(storage, { recursive: true });
  });

  test("keys and tokens are demanded, and tenants are apart", async () => {
    const storage = await folder();
    const [key, secret] = ["a-key-of-at-least-32-bytes-for-tests", "a-secret-of-at-least-32-bytes-for-tests"];
    const variables = {
      ASSIZE_AUTH_ANONYMOUS: "false",
      ASSIZE_AUTH_KEYS: key,
      ASSIZE_AUTH_JWT_ISSUER: "issuer",
      ASSIZE_AUTH_JWT_AUDIENCE: "audience",
      ASSIZE_AUTH_JWT_SECRET: secret,
    };
    const host = await start({ storage, variables });
    const ask = (method, path, headers, body) => {
      const text = body && JSON.stringify(body);
      return host.request(method, path, { headers: { ...headers, ...(body && { "content-type": "application/json" }) }, text });
    };
    const bearer = (claims, signed = secret) => {
      const exp = Math.floor(Date.now() / 1000) + 60;
      const parts = [{ alg: "HS256" }, { iss: "issuer", aud: "audience", sub: "s", exp, scope: "*", ...claims }];
      const [head, payload] = parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"));
      const mac = createHmac("sha256", signed).update(`${head}.${payload}`).digest("base64url");
      return { authorization: `Bearer ${head}.${payload}.${mac}` };
    };
    assert.equal((await ask("GET", "/health", {})).status, 200);
    for (const headers of [{}, { "x-api-key": "another" }, bearer({}, "x".repeat(40)), bearer({ exp: 1 }), bearer({ aud: "b" })]) {
      for (const path of ["/evaluate", SESSIONS]) {
        const answer = await ask("POST", path, headers, path === SESSIONS ? {} : outputs);
        assert.equal(answer.status, 401, answer.text);
        assert.match(answer.headers.get("www-authenticate"), /^Bearer /);
      }
    }
    assert.equal((await ask("POST", "/evaluate", { "x-api-key": key }, outputs)).status, 200);
    assert.equal((await ask("POST", "/evaluate", bearer({}), outputs)).status, 200);
    assert.equal((await ask("POST", "/evaluate", bearer({ scope: "sessions:read" }), outputs)).status, 403);
    const opened = await ask("POST", SESSIONS, bearer({ tenant: "a" }), { config });
    assert.equal(opened.status, 201, opened.text);
    const session = opened.headers.get("location");
    assert.equal(opened.headers.get("x-decision-id"), `${session.split("/").at(-1)}.0`);
    assert.equal((await ask("GET", session, bearer({ tenant: "a" }))).status, 200);
    for (const headers of [bearer({ tenant: "b" }), { "x-api-key": key }]) {
      assert.equal((await ask("GET", session, headers)).status, 404);
      assert.equal((await ask("POST", `${session}/evaluate`, headers, outputs)).status, 404);
      assert.equal((await ask("DELETE", session, headers)).status, 404);
    }
    const stepped = await ask("POST", `${session}/evaluate`, bearer({ tenant: "a" }), outputs);
    assert.equal(stepped.headers.get("x-decision-id"), `${session.split("/").at(-1)}.1`);
    assert.equal((await ask("DELETE", session, bearer({ tenant: "a", scope: "sessions:read" }))).status, 403);
    assert.equal((await ask("DELETE", session, bearer({ tenant: "a" }))).status, 204);
    await host.stop();
    assert.ok(!host.log().includes(key) && !host.log().includes(secret));
    await rm(storage, { recursive: true });
  });

  test("who asks too often is told when to come again", async () => {
    const storage = await folder();
    const variables = { ASSIZE_LIMITS_REQUESTS: "3", ASSIZE_LIMITS_WINDOW_SECONDS: "3600" };
    const host = await start({ storage, variables });
    const asked = [];
    for (let index = 0; index < 5; index += 1) asked.push(await host.ask("POST", "/evaluate", outputs));
    assert.deepEqual(asked.map(({ status }) => status), [200, 200, 200, 429, 429]);
    isProblem(asked[3], 429, "too-many-requests");
    assert.ok(Number(asked[3].headers.get("retry-after")) > 0);
    assert.match(asked[0].headers.get("ratelimit"), /r=2/);
    assert.match(asked[0].headers.get("ratelimit-policy"), /q=3;w=3600/);
    await host.stop();
    await rm(storage, { recursive: true });
  });

  test("a session goes on where inputs are not kept, and after many events", async () => {
    const storage = await folder();
    for (const inputs of ["whole", "redacted", "hash"]) {
      const variables = { ASSIZE_JOURNAL_INPUTS: inputs };
      let host = await start({ storage, variables });
      const session = await open(host);
      for (let cycle = 0; cycle < 40; cycle += 1) assert.equal((await step(host, session)).status, 200);
      await host.stop();
      host = await start({ storage, variables });
      assert.equal((await step(host, session)).json.cycle, 41);
      assert.equal((await host.ask("GET", `${session}/audit`)).json.total_cycles, 41);
      await host.stop();
    }
    await rm(storage, { recursive: true });
  });

  test("a session that nobody uses is forgotten", async () => {
    const storage = await folder();
    const host = await start({ storage, variables: { ASSIZE_SESSION_IDLE_SECONDS: "1" } });
    const session = await open(host);
    const isForgotten = async () => {
      await new Promise((resolve) => setTimeout(resolve, 1100));
      return (await host.ask("GET", session)).status === 404;
    };
    await until(isForgotten, 20);
    isProblem(await step(host, session), 404, "not-found");
    isProblem(await host.ask("DELETE", session), 404, "not-found");
    await host.stop();
    await rm(storage, { recursive: true });
  });
};

/** A store that has no room left; gives a session that is in it. */
export const full = async (host) => {
  const first = await open(host);
  await step(host, first);
  const lesson = "lesson ".repeat(2000);
  const wisdom = { domain: "d", lesson, consequence_type: "benign", future_bias: "b", timestamp: "t" };
  let refused, session, sequence;
  for (let tries = 0; tries < 400 && !refused; tries += 1) {
    const opened = await host.ask("POST", SESSIONS, { config });
    if (opened.status !== 201) refused = opened;
    for (let record = 0; record < 15 && !refused; record += 1) {
      const kept = await host.ask("POST", `${opened.location}/wisdom`, wisdom);
      if (kept.status !== 204) refused = kept;
      else [session, sequence] = [opened.location, record + 1];
    }
  }
  isProblem(refused, 507, "store-full");
  await isLoggedOnce(host, refused, /full|room/);
  // What was refused was not done, what was stored is still there, and what needs no store goes on.
  assert.equal((await host.ask("GET", `${first}/audit`)).json.total_cycles, 1);
  assert.equal((await host.ask("POST", "/evaluate", outputs)).status, 200);
  assert.equal((await host.ask("GET", session)).json.sequence, sequence);
  return first;
};

/** A store that is not there. */
export const missing = async (host, cause) => {
  const answer = await host.ask("POST", SESSIONS, { config });
  isProblem(answer, 503, "unavailable");
  assert.match(answer.json.detail, /try again/);
  await until(() => failures(host).filter((line) => cause.test(line)).length === 1);
  isProblem(await host.ask("GET", `${SESSIONS}/nobody`), 503, "unavailable");
  assert.equal((await host.ask("POST", "/evaluate", outputs)).status, 200);
};
