// Chromium, and a page whose console stays silent and that asks for nothing from elsewhere.
import { createRequire } from "node:module";

const { chromium } = createRequire(`${process.env.ASSIZE_TOOLS}/`)("playwright-core");

export const launch = () => chromium.launch({ executablePath: process.env.ASSIZE_CHROMIUM, args: ["--no-sandbox"] });

/** Opens a page of the playground at `address`, ready to be used; `complaints` holds what should not be. */
export const openPlayground = async (browser, address, size, { path = "", ...options } = {}) => {
  const context = await browser.newContext({ viewport: size, ...options });
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("requestfailed", (request) => complaints.push(`failed: ${request.url()}`));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(address) && !url.startsWith("data:")) complaints.push(`elsewhere: ${url}`);
  });
  await page.goto(`${address}${path}`);
  await page.locator("html[data-ready]").waitFor();
  return { page, complaints, close: () => context.close() };
};
