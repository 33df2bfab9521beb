// The rules page in a real Chromium: a policy is written, checked, asked, explained and shared.
import assert from "node:assert/strict";
import { mkdir, readFile, readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { start } from "../hosts/files.mjs";
import { launch, openPlayground } from "./page.mjs";

const axe = await readFile(createRequire(`${process.env.ASSIZE_TOOLS}/`).resolve("axe-core/axe.min.js"), "utf8");
const screenshots = process.env.ASSIZE_SCREENSHOTS;
const policies = new URL("../../examples/policies/", import.meta.url);
const WIDE = { width: 1280, height: 900 };

let server, browser;

before(async () => {
  server = await start();
  browser = await launch();
  await mkdir(screenshots, { recursive: true });
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const open = async (size = WIDE, { path = "/rules", ...options } = {}) => {
  const opened = await openPlayground(browser, server.address, size, { path, ...options });
  const { page } = opened;
  const policy = page.getByLabel("Policy text", { exact: true });
  const question = page.getByLabel("Goal", { exact: true });
  const ask = async (text) => {
    await question.fill(text);
    await question.press("Enter");
  };
  /** Waits until what is shown is about what is written. */
  const settled = () => page.locator("#results[aria-busy=false]").waitFor();
  return { ...opened, settled, policy, question, ask, verdict: page.locator("#verdict"), tree: page.getByRole("tree") };
};

/** Waits until an element says something. */
const says = async (locator, text) => {
  await locator.filter({ hasText: text }).first().waitFor();
};

const accessible = async (page) => {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`), []);
};

/** The painted text must lie exactly under the text area's own. */
const isExact = (page) =>
  page.evaluate(() => {
    const area = document.querySelector("#policy");
    const rows = [...document.querySelectorAll(".paint .line")];
    const isSame = rows.map(({ textContent }) => textContent).join("\n") === area.value;
    const paint = document.querySelector(".paint");
    return { isSame, over: area.scrollHeight - area.clientHeight, wide: area.clientWidth - paint.clientWidth, high: area.clientHeight - paint.clientHeight };
  });

const EXACT = { isSame: true, over: 0, wide: 0, high: 0 };

for (const [name, size] of [["wide", WIDE], ["narrow", { width: 360, height: 740 }]]) {
  test(`a visitor on a ${name} screen asks a policy and reads why`, async () => {
    const { page, complaints, close, verdict, tree, ask } = await open(size, { bypassCSP: true });
    await says(verdict, /^holds$/);
    assert.match(await page.locator("#reasons").textContent(), /there is an answer.*rules:proved/i);
    assert.equal(await page.locator("#answers tbody td code").textContent(), '"search"');
    assert.equal(await tree.getByRole("treeitem").first().getAttribute("aria-expanded"), "true");
    assert.match(await tree.textContent(), /tools-1.*agents use the tools of their role.*lines 3–9/);
    assert.match(await tree.textContent(), /tool_of\("clerk", "search"\)/);

    const picture = async (what) => {
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(width <= size.width, `the page is ${width} wide`);
      for (const theme of ["light", "dark"]) {
        await accessible(page);
        await page.screenshot({ path: `${screenshots}/rules-${what}-${name}-${theme}.png`, fullPage: true });
        await page.getByRole("button", { name: "Dark" }).click();
      }
    };
    await picture("proof");

    await page.getByRole("button", { name: "Why not" }).click();
    await says(verdict, /^does not hold$/);
    const text = await tree.textContent();
    assert.match(text, /release-1.*2 conditions held, then failed: reviewed\("c-2"\).*needs.*reviewed\("c-2"\)/);
    assert.match(text, /n is 1 and must be at least 2.*needs.*n >= 2/i);
    await picture("why-not");

    await page.getByRole("button", { name: "Relations" }).click();
    await says(page.locator("#answers"), '"contract"');
    assert.equal(await page.locator("#answers tbody tr").count(), 5);
    await page.getByRole("button", { name: "Proof of answer 3" }).click();
    await says(page.locator("#why-title"), "Proof of answer 3");

    await page.getByLabel("Policy text", { exact: true }).fill('allow(who) if role(who, "clerk") nd x < 1.\nrole("ann", clerk).\n');
    await ask("allow(who");
    await says(page.locator("#check"), /errors?/);
    await picture("errors");
    assert.deepEqual(complaints, []);
    await close();
  });
}

test("an error shows in its place while it is there", async () => {
  const { page, complaints, close, policy, verdict } = await open();
  const wrong = page.locator(".paint .has-error");
  await policy.fill('role("ann", "clerk").\nallow(who) if rol(who, "clerk").\n');
  await says(page.locator("#check"), "1 error");
  assert.equal(await wrong.count() > 0, true);
  assert.match((await wrong.allTextContents()).join(""), /^rol\(/);
  assert.equal(await policy.getAttribute("aria-invalid"), "true");
  const finding = page.locator("#findings button");
  assert.match(await finding.textContent(), /error unknown-predicate 2:15.*rol\/2/);
  await says(page.locator("#meaning"), "The policy has errors");

  await finding.click();
  assert.equal(await page.evaluate(() => document.activeElement.id), "policy");
  assert.match(await policy.evaluate((area) => area.value.slice(area.selectionStart, area.selectionEnd)), /^rol\(/);
  await page.keyboard.type('role(who, "clerk")');
  await says(page.locator("#check"), "No error");
  assert.equal(await wrong.count(), 0);
  assert.equal(await policy.getAttribute("aria-invalid"), "false");
  assert.equal(await page.locator("#findings li").count(), 0);

  await page.getByLabel("Goal", { exact: true }).fill("allow(who");
  await page.keyboard.press("Enter");
  await says(page.locator("#question-findings"), "error");
  await page.locator("#question").fill("allow(who)");
  await page.keyboard.press("Enter");
  await says(verdict, /^holds$/);
  assert.equal(await page.locator("#question-findings li").count(), 0);
  assert.deepEqual(complaints, []);
  await close();
});

test("the answer follows the policy, and formatting can be undone", async () => {
  const { page, complaints, close, policy, ask, verdict } = await open();
  await policy.fill('allow(who)   if role(who,"clerk").\nrole("ann","clerk").');
  await ask('allow("ann")');
  await says(verdict, /^holds$/);
  await page.getByRole("button", { name: "Format" }).click();
  assert.equal(await policy.inputValue(), 'allow(who) if role(who, "clerk").\nrole("ann", "clerk").\n');
  await policy.focus();
  await page.keyboard.press("ControlOrMeta+z");
  assert.equal(await policy.inputValue(), 'allow(who)   if role(who,"clerk").\nrole("ann","clerk").');
  await policy.fill('allow(who) if role(who, "clerk").\nrole("bob", "clerk").\n');
  await says(verdict, /^does not hold$/);
  assert.deepEqual(complaints, []);
  await close();
});

test("steps mark the lines that they come from, and lead there", async () => {
  const { page, complaints, close, policy, tree } = await open();
  const marked = page.locator(".paint .marked");
  await tree.getByText('risk("search", 0.1)').hover();
  assert.deepEqual(await marked.allTextContents(), ['risk("search", 0.1).']);
  await tree.getByText("lines 3–9").hover();
  assert.equal(await marked.count(), 7);
  await page.mouse.move(0, 0);
  assert.equal(await marked.count(), 0);
  await tree.getByText("lines 3–9").click();
  assert.match(await policy.evaluate((area) => area.value.slice(area.selectionStart, area.selectionEnd)), /^@id\("tools-1"\)[^]*suspended\(agent\)\.$/);
  assert.deepEqual(complaints, []);
  await close();
});

test("all of it works by keyboard", async () => {
  const { page, complaints, close, policy, tree } = await open();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "question");
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type('grants("operator", tool)');
  await page.keyboard.press("Enter");
  await says(page.locator("#numbers"), "2");
  await says(page.locator("#answers"), '"shell"');

  const focused = () => page.evaluate(() => document.activeElement.innerText.replace(/\s+/g, " "));
  for (let stops = 0; stops < 20 && (await page.evaluate(() => document.activeElement.role)) !== "treeitem"; stops += 1) await page.keyboard.press("Tab");
  assert.match(await focused(), /^grants\("operator", "shell"\) by a rule line 22/);
  await page.keyboard.press("ArrowRight");
  assert.match(await focused(), /^tool_of\("operator", "shell"\) a fact line 27/);
  assert.deepEqual(await page.locator(".paint .marked").allTextContents(), ['tool_of("operator", "shell").']);
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  assert.equal(await tree.getByRole("treeitem").first().getAttribute("aria-expanded"), "false");
  await page.keyboard.press("Space");
  await page.keyboard.press("End");
  assert.match(await focused(), /^tool_of/);
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "policy");
  assert.equal(await policy.evaluate((area) => area.value.slice(area.selectionStart, area.selectionEnd)), 'tool_of("operator", "shell").');
  await page.keyboard.press("Tab");
  assert.notEqual(await page.evaluate(() => document.activeElement.id), "policy", "the editor keeps the focus");

  await policy.fill("");
  await page.keyboard.type('allow(who) if\nrole(who, "clerk").');
  assert.equal(await policy.inputValue(), 'allow(who) if\n    role(who, "clerk").');
  assert.deepEqual(complaints, []);
  await close();
});

test("a link holds the policy and the question", async () => {
  const text = '# ünïcödé 😀 שלום\nlikes("ännä", "😀").\n';
  const first = await open();
  await first.policy.fill(text);
  await first.ask("likes(who, what)");
  await says(first.page.locator("#answers"), '"ännä"');
  await first.page.waitForFunction((before) => location.hash !== before, await first.page.evaluate(() => location.hash));
  await first.page.getByRole("button", { name: "Copy link" }).click();
  await says(first.page.locator("#note"), "link");
  const link = new URL(first.page.url());
  assert.match(link.hash, /^#1\.[\w-]+$/);
  assert.deepEqual(first.complaints, []);
  await first.close();

  const second = await open(WIDE, { path: `/rules${link.hash}` });
  assert.equal(await second.policy.inputValue(), text);
  assert.equal(await second.question.inputValue(), "likes(who, what)");
  await says(second.page.locator("#answers"), '"😀"');
  assert.deepEqual(second.complaints, []);
  await second.close();

  for (const damaged of ["#1.AAAA", "#1.*", `${link.hash.slice(0, -6)}`, "#2.AAAA"]) {
    const third = await open(WIDE, { path: `/rules${damaged}` });
    await says(third.verdict, /^holds$/);
    assert.match(await third.policy.inputValue(), /tools-1/);
    assert.deepEqual(third.complaints, []);
    await third.close();
  }
});

test("what is written is text and never markup", async () => {
  const { page, complaints, close, policy, ask } = await open();
  const evil = '<img src=x onerror="document.title=1">';
  await policy.fill(`# ${evil}\nsays(x) if \`${evil}\`(x).\n`);
  await says(page.locator("#findings"), "<img");
  await policy.fill(`# ${evil}\n@id(${JSON.stringify(evil)}) @reason(${JSON.stringify(evil)})\nsays(x) if x = ${JSON.stringify(evil)}.\nlikes(${JSON.stringify("a\u202eb")}).\n`.replace("\u202e", "\\u202e"));
  await ask("says(x)");
  await says(page.locator("#answers"), "<img");
  await says(page.locator("#why"), "<img");
  await ask(`says(${JSON.stringify(`${evil}?`)})`);
  await says(page.locator("#why"), "<img");
  await ask("likes(x)");
  await says(page.locator("#answers"), "a\\u202eb");
  assert.equal(await page.locator("main img").count(), 0);
  assert.deepEqual(complaints, []);
  await close();
});

test("a question that runs long is bounded, can be stopped, and says so", async () => {
  const { page, complaints, close, policy, ask, verdict, settled } = await open();
  await policy.fill("number(0).\nnumber(n) if number(m) and n = m + 1.\nnever(x) if number(x) and x < 0.\n");
  await ask("number(x)");
  await says(page.locator("#reasons"), /Limit max-\S+ reached/);
  assert.equal(await page.getByRole("button", { name: "Ask with ten times the limits" }).isVisible(), true);
  await ask("never(x)");
  await says(verdict, /^not decided$/);
  await says(page.locator("#numbers"), /Complete.*no/);

  await policy.fill(`d(0). d(1). d(2). d(3). d(4). d(5). d(6). d(7). d(8). d(9).\nall(a, b, c, d, e, f, g, h, i, j) if d(a) and d(b) and d(c) and d(d) and d(e) and d(f) and d(g) and d(h) and d(i) and d(j) and a + b < 0.\n`);
  await ask("all(a, b, c, d, e, f, g, h, i, j)");
  await settled();
  await says(page.locator("#reasons"), "Limit max-steps reached");
  await says(verdict, /^not decided$/);
  const again = page.getByRole("button", { name: "Ask with ten times the limits" });
  // Twenty million steps may be over before anyone can press a button.
  for (const _ of [1, 2]) {
    await again.click();
    await settled();
  }
  await again.click();
  const stop = page.getByRole("button", { name: "Stop" });
  await stop.waitFor();
  await policy.press("ControlOrMeta+Home");
  await page.keyboard.type("(");
  await says(page.locator("#check"), "1 error");
  await page.keyboard.press("Backspace");
  await says(page.locator("#check"), "No error");
  await stop.click();
  await says(verdict, /^stopped$/);
  await ask("d(x)");
  await says(verdict, /^holds$/);
  await policy.fill(`edge(0, 1).\n${Array.from({ length: 400 }, (_, index) => `edge(${index}, ${index + 1}).`).join("\n")}\npath(a, b) if edge(a, b).\npath(a, c) if path(a, b) and edge(b, c).\n`);
  await ask("n = count(for path(_, _))");
  await says(page.locator("#why"), "a limit of proofs was reached");
  assert.deepEqual(complaints, []);
  await close();
});

test("the page computes without a network", async () => {
  const { page, complaints, close, verdict } = await open();
  await page.context().setOffline(true);
  await page.getByRole("button", { name: "Limits", exact: true }).click();
  await says(page.locator("#why"), "spending-1");
  await page.getByRole("button", { name: "Why not" }).click();
  await says(verdict, /^does not hold$/);
  assert.deepEqual(complaints, []);
  await close();
});

test("the painted text lies under the written one", async () => {
  const { page, complaints, close, policy } = await open();
  const texts = [
    "",
    "\n",
    "a\n\n\n",
    `wide(${JSON.stringify("x".repeat(700))}).\n`,
    `words(${JSON.stringify("many words ".repeat(90))}).\n`,
    'tabs(\t"a",\t\t"b").\n\tnext(1).\n',
    'unicode("日本語 العربية עברית 😀👩‍👩‍👧 é").\n# العربية\n',
    `blank(1).${" ".repeat(400)}\n${" ".repeat(300)}x(1).`,
  ];
  for (const text of texts) {
    await policy.fill(text);
    assert.deepEqual(await isExact(page), EXACT, JSON.stringify(text));
  }
  await policy.fill("");
  await policy.focus();
  await page.keyboard.type('p(1).\nq(2) if p("a").');
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Home");
  await page.keyboard.type("# first\n\n");
  await page.keyboard.press("Backspace");
  assert.deepEqual(await isExact(page), EXACT);
  const protocol = await page.context().newCDPSession(page);
  await protocol.send("Input.imeSetComposition", { text: "にほ", selectionStart: 2, selectionEnd: 2 });
  assert.deepEqual(await isExact(page), EXACT);
  assert.equal(await page.locator(".editor.composing").count(), 1, "an unfinished word is shown by the text area");
  await protocol.send("Input.insertText", { text: "日本" });
  assert.equal(await page.locator(".editor.composing").count(), 0);
  assert.match(await policy.inputValue(), /日本/);
  assert.deepEqual(await isExact(page), EXACT);
  await page.setViewportSize({ width: 360, height: 740 });
  await policy.fill(texts.join("\n"));
  assert.deepEqual(await isExact(page), EXACT);
  assert.deepEqual(complaints, []);
  await close();
});

test("a long policy is written and checked as a short one", async () => {
  const { page, complaints, close, policy, ask, verdict, settled } = await open();
  const rules = Array.from({ length: 2000 }, (_, index) => `rule_${index}(x) if base(x, ${index}) and x > ${index}.`);
  // All at once, as what is pasted: the browser takes long to type so much.
  await policy.evaluate((area, text) => {
    area.value = text;
    area.dispatchEvent(new InputEvent("input"));
  }, [...rules, "base(5, 3).", ""].join("\n"));
  await ask("rule_3(x)");
  await settled();
  await says(verdict, /^holds$/);
  await page.getByRole("treeitem").nth(1).focus();
  const marked = page.locator(".paint .marked");
  await says(marked, "base(5, 3).");
  assert.equal(await marked.evaluate((row) => row.querySelectorAll("span").length > 0), true, "what comes into view is painted");
  const isInView = await marked.evaluate((row) => {
    const [line, editor] = [row.getBoundingClientRect(), document.querySelector("#editor").getBoundingClientRect()];
    return line.top >= editor.top && line.bottom <= editor.bottom;
  });
  assert.ok(isInView);
  const spans = await page.locator(".paint span").count();
  assert.ok(spans < 3000, `${spans} parts are painted`);
  await policy.press("ControlOrMeta+End");
  await page.keyboard.type("bad(");
  await says(page.locator("#check"), "1 error");
  assert.deepEqual(await isExact(page), EXACT);
  const left = await page.locator("#editor").evaluate(({ scrollTop, clientHeight, scrollHeight }) => scrollHeight - scrollTop - clientHeight);
  assert.ok(left < 100, `what is written is ${left} above the end`);
  assert.deepEqual(complaints, []);
  await close();
});

test("every example is without a finding, in the one style, and answers its questions", async () => {
  const { page, complaints, close, policy, settled } = await open();
  const taken = new Set();
  for (const name of await page.locator("#examples button").allTextContents()) {
    await page.locator("#examples").getByRole("button", { name, exact: true }).click();
    await page.locator("#examples [aria-pressed=true]").filter({ hasText: name }).waitFor();
    await says(page.locator("#check"), "No error, no warning.");
    taken.add(await policy.inputValue());
    for (const question of await page.locator("#questions button").all()) {
      await question.click();
      await settled();
      await says(page.locator("#verdict"), /^(holds|does not hold)$/);
    }
    await page.getByRole("button", { name: "Format" }).click();
    await says(page.locator("#note"), "in the one style already");
    assert.equal(await page.locator("#question-findings li").count(), 0);
  }
  const files = (await readdir(policies)).filter((name) => name.endsWith(".rules"));
  const texts = await Promise.all(files.map((file) => readFile(new URL(file, policies), "utf8")));
  assert.deepEqual([...taken].sort(), texts.sort());
  assert.deepEqual(complaints, []);
  await close();
});
