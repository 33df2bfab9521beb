// The playground in a real Chromium: types, reads, steps a session, switches the theme.
import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { start } from "../hosts/native.mjs";
import { launch, openPlayground } from "./page.mjs";

const axe = await readFile(createRequire(`${process.env.ASSIZE_TOOLS}/`).resolve("axe-core/axe.min.js"), "utf8");
const screenshots = process.env.ASSIZE_SCREENSHOTS;

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

// The accessibility check is a script of its own, which the page's policy would not let in.
const open = (size, options = {}) => openPlayground(browser, server.address, size, { bypassCSP: true, ...options });

const accessible = async (page) => {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`), []);
};

for (const [name, size] of [["wide", { width: 1280, height: 900 }], ["narrow", { width: 390, height: 844 }]]) {
  test(`a visitor on a ${name} screen reads a verdict and runs a session`, async () => {
    const { page, complaints, close } = await open(size);
    const verdict = page.locator("#verdict");
    assert.equal(await verdict.textContent(), "refine");

    await page.getByLabel("Output", { exact: true }).first().fill("ship it");
    await page.getByLabel("Output", { exact: true }).nth(1).fill("ship it");
    assert.equal(await verdict.textContent(), "allow");
    assert.match(await page.locator("#reasons").textContent(), /governor:convergence/);

    await page.getByLabel("Output", { exact: true }).nth(1).fill("   ");
    assert.equal(await verdict.textContent(), "–");
    assert.match(await page.locator("#right-output-error").textContent(), /must not be empty/);
    assert.equal(await page.locator("#right-output").getAttribute("aria-invalid"), "true");

    await page.getByRole("button", { name: "They contradict" }).click();
    assert.equal(await verdict.textContent(), "escalate");

    await page.getByRole("button", { name: "Nearly" }).click();
    const next = page.getByRole("button", { name: "Judge the next cycle" });
    await next.click();
    assert.match(await page.locator("#session-state").textContent(), /Cycle 1 goes on/);
    await next.click();
    assert.match(await page.locator("#session-state").textContent(), /Stopped at cycle 2/);
    assert.ok(await next.isDisabled());
    assert.equal(await page.locator("#cycles tbody tr").count(), 2);
    assert.equal(await page.locator("#chart polyline").count(), 4);
    assert.match(await page.locator("#chart-text").textContent(), /Cycle 2: Similarity 0\.7273/);
    await page.getByRole("button", { name: "Reopen" }).click();
    await next.click();
    assert.equal(await page.locator("#cycles tbody tr").count(), 3);

    const [left, right, verdictCard, session] = await Promise.all(
      ["#left-output", "#right-output", "#verdict-card", ".session"].map((part) => page.locator(part).boundingBox()),
    );
    assert.equal(name === "wide", left.y === right.y, "the two texts are side by side on a wide screen only");
    const isApart = verdictCard.y + verdictCard.height <= session.y;
    assert.ok(isApart, "the verdict covers the session");

    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= size.width, `the page is ${width} wide`);
    await accessible(page);
    await page.screenshot({ path: `${screenshots}/playground-${name}-light.png`, fullPage: true });
    await page.getByRole("button", { name: "Dark" }).click();
    assert.equal(await page.locator("html").getAttribute("data-theme"), "dark");
    await accessible(page);
    await page.screenshot({ path: `${screenshots}/playground-${name}-dark.png`, fullPage: true });
    await page.reload();
    assert.equal(await page.locator("html[data-ready]").getAttribute("data-theme"), "dark");

    await page.getByRole("button", { name: "Start over" }).click();
    assert.match(await page.locator("#session-state").textContent(), /No cycle yet/);
    assert.deepEqual(complaints, []);
    await close();
  });
}

test("the page computes without a network", async () => {
  const { page, complaints, close } = await open({ width: 900, height: 900 });
  await page.context().setOffline(true);
  await page.getByRole("button", { name: "They agree" }).click();
  assert.equal(await page.locator("#verdict").textContent(), "allow");
  assert.deepEqual(complaints, []);
  await close();
});

test("all of it works by keyboard", async () => {
  const { page, close } = await open({ width: 1280, height: 900 });
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  await page.locator("#left-output").focus();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type("wait");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Home");
  assert.equal(await page.locator("#left-confidence-value").textContent(), "0.00");
  assert.equal(await page.locator("#verdict").textContent(), "escalate");
  await page.locator("#add").focus();
  await page.keyboard.press("Enter");
  assert.match(await page.locator("#session-state").textContent(), /Stopped at cycle 1/);
  await close();
});

test("the page's own policy lets it run", async () => {
  const { page, complaints, close } = await open({ width: 900, height: 900 }, { bypassCSP: false });
  assert.equal(await page.locator("#verdict").textContent(), "refine");
  assert.deepEqual(complaints, []);
  await close();
});
