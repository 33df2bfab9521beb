// The gate's page in a real Chromium: requests are asked, floods drawn, the memory shown.
import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { start } from "../hosts/files.mjs";
import { launch, openPlayground } from "./page.mjs";

const axe = await readFile(createRequire(`${process.env.ASSIZE_TOOLS}/`).resolve("axe-core/axe.min.js"), "utf8");
const screenshots = process.env.ASSIZE_SCREENSHOTS;
const WIDE = { width: 1280, height: 900 };
const NARROW = { width: 360, height: 740 };

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

const open = async (size = WIDE, options = {}) => {
  const opened = await openPlayground(browser, server.address, size, { path: "/gate", ...options });
  const { page } = opened;
  const press = (name) => page.getByRole("button", { name, exact: true }).click();
  return { ...opened, press, verdict: page.locator("#verdict"), about: page.locator("#chart-text") };
};

const accessible = async (page) => {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`), []);
};

test("a request is asked, and remembered for the next", async () => {
  const { page, press, verdict, complaints, close } = await open();
  assert.equal(await verdict.textContent(), "allow");
  await press("Ask");
  await verdict.filter({ hasText: "transform" }).waitFor();
  assert.match(await page.locator("#memory-text").textContent(), /^2 of at most 200 entries/);
  assert.equal(await page.locator("#memory circle").count(), 2);
  assert.match(await page.locator("#alike li").first().textContent(), /fair trial/);
  await page.getByLabel("Prompt", { exact: true }).fill("attack, kill and destroy");
  assert.equal(await page.locator("#score").textContent(), "0.35");
  await press("Ask");
  await verdict.filter({ hasText: "deny" }).waitFor();
  assert.match(await page.locator("#reasons").textContent(), /gate:below-threshold/);
  assert.equal(await page.locator("#chart circle.refused").count(), 1);
  await accessible(page);
  assert.deepEqual(complaints, []);
  await close();
});

test("a flood moves the threshold to its bound, no further, and not where it is told to stay", async () => {
  const { page, press, about, complaints, close } = await open();
  await press("50 good ones");
  await about.filter({ hasText: "After 51 requests" }).waitFor();
  assert.ok((await page.locator("#chart rect.sleep").count()) > 5);
  assert.ok((await page.locator("#memory circle.consolidated").count()) > 0);
  for (let round = 0; round < 3; round += 1) await press("50 bad ones");
  await about.filter({ hasText: "After 201 requests" }).waitFor();
  assert.ok((await page.locator("#chart circle").count()) > 100);
  await page.screenshot({ path: `${screenshots}/gate-wide.png`, fullPage: true });
  await page.getByLabel("How the threshold moves").selectOption("fixed");
  await about.filter({ hasText: "After 0 requests" }).waitFor();
  await press("50 of both");
  await about.filter({ hasText: "After 50 requests" }).waitFor();
  assert.match(await about.textContent(), /the threshold is 0\.50/);
  await press("Begin anew");
  assert.match(await page.locator("#memory-text").textContent(), /^0 of at most 200/);
  assert.deepEqual(complaints, []);
  await close();
});

test("what can't be asked is said, on a small dark screen, too", async () => {
  const { page, press, about, complaints, close } = await open(NARROW, { colorScheme: "dark" });
  await page.getByLabel("Prompt", { exact: true }).fill("  ");
  await press("Ask");
  await page.locator("#prompt-error").filter({ hasText: "must not be empty or blank" }).waitFor();
  assert.match(await about.textContent(), /After 1 requests/);
  await page.getByLabel("Prompt", { exact: true }).fill("<b>What</b> is a fair trial?");
  await press("Ask");
  await about.filter({ hasText: "After 2 requests" }).waitFor();
  assert.equal(await page.locator("#alike b").count(), 0);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await accessible(page);
  await page.screenshot({ path: `${screenshots}/gate-narrow.png`, fullPage: true });
  assert.deepEqual(complaints, []);
  await close();
});
