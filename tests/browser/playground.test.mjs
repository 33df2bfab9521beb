// The playground in a real Chromium: types, reads, steps a session, switches the theme.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";

const tools = createRequire(`${process.env.ASSIZE_TOOLS}/`);
const { chromium } = tools("playwright-core");
const axe = await readFile(tools.resolve("axe-core/axe.min.js"), "utf8");
const screenshots = process.env.ASSIZE_SCREENSHOTS;

let server, browser, address;

before(async () => {
  server = spawn(process.env.ASSIZE_PROGRAM, ["serve", "--listen", "127.0.0.1:0", "--log-format", "json"]);
  address = await new Promise((resolve, reject) => {
    let log = "";
    server.stderr.on("data", (part) => {
      log += part;
      const found = log.match(/"address":"([^"]+)"/);
      if (found) resolve(`http://${found[1]}`);
    });
    server.on("exit", (code) => reject(new Error(`the server ended with ${code}: ${log}`)));
  });
  browser = await chromium.launch({ executablePath: process.env.ASSIZE_CHROMIUM, args: ["--no-sandbox"] });
  await mkdir(screenshots, { recursive: true });
});

after(async () => {
  await browser?.close();
  server?.kill();
});

// A page whose console stays silent and that asks for nothing from elsewhere.
const open = async (size, options = {}) => {
  const context = await browser.newContext({ viewport: size, bypassCSP: true, ...options });
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("requestfailed", (request) => complaints.push(`failed: ${request.url()}`));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(address) && !url.startsWith("data:")) complaints.push(`elsewhere: ${url}`);
  });
  await page.goto(address);
  await page.locator("html[data-ready]").waitFor();
  return { page, complaints, close: () => context.close() };
};

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
