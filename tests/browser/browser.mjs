// Chromium, and what every page has to hold.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { chromium } from "playwright-core";
import { SCHOOL, desk } from "./school.mjs";

export const DESK = { width: 1280, height: 900 };
export const PHONE = { width: 390, height: 844 };

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts Chromium, behind a proxy where one is given. */
export function launch(server) {
  const proxy = server && { server };
  // What Chromium asks for of its own accord does not leave the machine: the gateway refuses it, and here no name is found.
  const args = proxy ? FLAGS : [...FLAGS, "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"];
  return chromium.launch({ executablePath: "/usr/bin/chromium", args, proxy });
}

/** A page of its own, that keeps what went wrong in it. */
export async function open(browser, options = {}) {
  const context = await browser.newContext({ viewport: DESK, locale: "en-GB", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.troubles = [];
  page.on("console", (message) => {
    // What a page was answered with is checked by itself.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
      page.troubles.push(`console: ${message.text()}`);
    }
  });
  page.on("pageerror", (error) => page.troubles.push(`script: ${error.message}`));
  page.on("requestfailed", (request) => {
    if (!request.isNavigationRequest()) page.troubles.push(`not loaded: ${request.url()} ${request.failure()?.errorText}`);
  });
  return page;
}

/** Signs somebody in. */
export async function signIn(page, person) {
  await page.goto(`${desk}/sign-in`);
  await page.getByLabel("Username").fill(person.username);
  await page.getByLabel("Password").fill(person.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL((url) => url.pathname !== "/sign-in");
}

export const counted = { pages: 0, violations: 0 };

/** What a page that is shown has to hold, at both widths. Gives what is wrong. */
export async function faults(page, { name, school = true } = {}) {
  const wrong = page.troubles.splice(0);
  const facts = await page.evaluate(() => ({
    title: document.title,
    h1: document.querySelectorAll("h1").length,
    lang: document.documentElement.lang,
  }));
  if (facts.h1 !== 1) wrong.push(`${facts.h1} headings of the first level`);
  if (!facts.lang.startsWith("en")) wrong.push("no language");
  if (school && !facts.title.endsWith(SCHOOL)) wrong.push(`the title "${facts.title}" does not end with the school`);
  for (const [width, size] of [["desk", DESK], ["phone", PHONE]]) {
    await page.setViewportSize(size);
    const overflow = await page.evaluate(() => {
      const seen = document.documentElement.clientWidth;
      if (document.documentElement.scrollWidth <= seen) return null;
      const widest = [...document.querySelectorAll("body *")].find((it) => it.getBoundingClientRect().right > seen + 1);
      return `${document.documentElement.scrollWidth} wide, first by ${widest?.outerHTML.slice(0, 120)}`;
    });
    if (overflow) wrong.push(`${width}: runs over, ${overflow}`);
    const axe = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]).analyze();
    for (const violation of axe.violations) {
      counted.violations += violation.nodes.length;
      const where = violation.nodes.slice(0, 3).map((node) => node.target.join(" ")).join(" | ");
      wrong.push(`${width}: ${violation.id} (${violation.nodes.length}): ${violation.help}: ${where}`);
    }
    counted.pages += 1;
    if (process.env.PICTURES && name) {
      mkdirSync(process.env.PICTURES, { recursive: true });
      await page.screenshot({ path: join(process.env.PICTURES, `${name}-${width}.png`), fullPage: true });
    }
  }
  await page.setViewportSize(DESK);
  wrong.push(...page.troubles.splice(0));
  return wrong;
}
