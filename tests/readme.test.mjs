// What the README says: each command that starts a host does, and the answer is the one that is printed there.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { launch, openPlayground } from "./browser/page.mjs";
import { endAll } from "./hosts/http.mjs";
import { run } from "./hosts/process.mjs";

const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
const commands = [...new Set([...readme.matchAll(/^(?:\$ |\| [^|]+ \| `)(cargo xtask serve(?: \w+)?)`?/gm)].map(([, command]) => command))];
const body = JSON.parse(readme.match(/-d '(\{[^']+\})'/)[1]);
const answer = JSON.parse(readme.match(/```json\n([^]+?)```/)[1]);
const LISTENS = /(?:listening on |"docs":")(http:\/\/[^/\s"]+)[/\s"]/;

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());
afterEach(endAll);

test("the README names every host", () => {
  const hosts = commands.map((command) => command.split(" ")[3] ?? "native").sort();
  assert.deepEqual(hosts, ["browser", "http", "native", "spin", "worker"]);
});

for (const command of commands) {
  test(`${command}: starts, answers as printed, has the playground, stops`, { timeout: 900_000 }, async () => {
    const [program, ...given] = command.split(" ");
    // What is quick to build does what is quick to run does; another port, for this one may be taken.
    const storage = await mkdtemp(join(tmpdir(), "readme-"));
    const quick = ["--debug", "--listen", "127.0.0.1:0", "--storage", storage];
    const host = await run(program, [...given, ...quick], LISTENS, 600_000);
    if (!command.endsWith("browser")) {
      assert.deepEqual((await host.ask("POST", "/evaluate", body)).json, answer);
      assert.match((await host.ask("GET", "/docs")).text, /<title>/);
    }
    const { page, complaints, close } = await openPlayground(browser, host.address, { width: 900, height: 900 });
    assert.equal(await page.locator("#verdict").textContent(), "refine");
    assert.deepEqual(complaints, []);
    const rules = await openPlayground(browser, host.address, { width: 900, height: 900 }, { path: "/rules" });
    assert.equal(await rules.page.locator("#verdict").textContent(), "holds");
    assert.deepEqual(rules.complaints, []);
    await rules.close();
    const { headers } = await host.request("GET", "/");
    assert.match(headers.get("content-security-policy"), /^default-src 'none'/);
    await close();
    await host.stop();
    await rm(storage, { recursive: true });
  });
}
