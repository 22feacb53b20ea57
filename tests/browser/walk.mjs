// Every page that each demonstration person can reach: from their home along the links, within the desk, by GET alone.
import { faults, open, signIn } from "./browser.mjs";
import { desk, governor, head, network, office, pupil, safeguarding, teacher } from "./school.mjs";
import { test } from "./tests.mjs";

/** How many pages of one kind, such as clauses or people, are looked at for each person. */
const OF_A_KIND = 2;
const AT_MOST = 100;

/** How many people walk side by side. */
const AT_ONCE = 2;

/** Pages that are known, whether or not a link leads to them. Those that a person may not open are looked at too. */
const KNOWN = [
  "/",
  "/account",
  "/account/password",
  "/accounts",
  "/agreements",
  "/agreements/coverage",
  "/attestations",
  "/concerns",
  "/devices",
  "/due",
  "/filter/approved",
  "/filter/ask",
  "/filter/certificate",
  "/filter/changes",
  "/filter/changes/import",
  "/filter/changes/new",
  "/filter/checks",
  "/filter/checks/new",
  "/filter/failures",
  "/filter/failures/report",
  "/filter/lists",
  "/filter/open",
  "/filter/permits",
  "/filter/refused",
  "/filter/requests",
  "/filter/sealed",
  "/filter/status",
  "/filter/suspensions",
  "/filter/what-if",
  "/filter/why",
  "/filter/why?address=casino.willow-lane.test&who=maya.jones",
  "/filter/why?address=http%3A%2F%2F&who=nobody&at=yesterday",
  "/filter/why?address=maths.willow-lane.test&who=maya.jones",
  "/filter/why?address=www.childline.org.uk",
  "/monitor/activity",
  "/monitor/activity?site=nothing-like-this",
  "/monitor/live",
  "/monitor/look",
  "/nothing-here",
  "/notices",
  "/notices/waiting",
  "/people",
  "/people/classes",
  "/people/import",
  "/people/roles",
  "/policy",
  "/policy/approvals",
  "/policy/drafts",
  "/policy/print",
  "/policy/versions",
  "/registers",
  "/registers/assets/hardware",
  "/registers/assets/hardware/new",
  "/registers/assets/loans",
  "/registers/assets/loans/new",
  "/registers/learning/curriculum",
  "/sign-in",
  "/start",
  "/tell",
  "/tell/thanks",
  "/what-we-record",
];

/** The kind of a page: its path without what names one thing among many. */
function kind(url) {
  const path = url.pathname
    .replace(/^\/policy\/clauses\/.+/, "/policy/clauses/…")
    .replace(/^\/policy\/versions\/.+/, "/policy/versions/…")
    .replace(/^\/agreements\/(?!coverage).+/, "/agreements/…")
    .replace(/^\/registers\/[^/]+\/[^/]+/, "/registers/…")
    .replace(/^\/attestations\/.+/, "/attestations/…")
    .replace(/^\/notices\/(?!waiting)[^/]+/, "/notices/…")
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, "…");
  return `${path} ${[...url.searchParams.keys()].join(" ")}`;
}

/** What is a page to follow a link to: of the desk, no file, no change. */
function follows(url) {
  return url.origin === desk && !/^\/(assets|api)\//.test(url.pathname) && !/(\.(cer|csv|ics|pdf|pem|svg|xlsx|zip)|\/(export|download|labels|files\/[^/]+))$/.test(url.pathname);
}

async function pagesOf(browser, who, person) {
  const page = await open(browser);
  if (person) await signIn(page, person);
  const wanted = KNOWN.map((path) => new URL(path, desk));
  const seen = new Set();
  const kinds = new Map();
  const refusals = new Set();
  for (let next = 0; next < wanted.length && seen.size < AT_MOST; next += 1) {
    const url = wanted[next];
    url.hash = "";
    if (seen.has(url.href)) continue;
    const many = kinds.get(kind(url)) ?? 0;
    if (next >= KNOWN.length && many >= OF_A_KIND) continue;
    kinds.set(kind(url), many + 1);
    seen.add(url.href);
    const linked = next >= KNOWN.length;
    const linkedTo = (status) => (linked && status !== 200 ? [`a link leads here, and the answer is ${status}`] : []);
    await test(`${who}: ${url.pathname}${url.search}`, async () => {
      const answer = await page.goto(url.href);
      const status = answer.status();
      if (status >= 500) return [`the answer is ${status}`];
      // A page that says no looks the same wherever it stands.
      if (status !== 200 && refusals.has(status)) return linkedTo(status);
      if (status !== 200) refusals.add(status);
      // Where the answer was to go elsewhere, that page has its own turn.
      if (page.url() !== url.href) return [];
      const links = await page.locator("a[href]").evaluateAll((all) => all.map((it) => it.href));
      if (status === 200) wanted.push(...links.map((it) => new URL(it)).filter(follows));
      const wrong = linkedTo(status);
      const name = `${who}${url.pathname}${url.search}`.replaceAll(/[^a-z0-9.]+/gi, "-").slice(0, 90);
      return [...wrong, ...(await faults(page, { name }))];
    });
  }
  await page.context().close();
}

/** Looks at all pages of everybody. */
export async function walk(browser) {
  const people = Object.entries({ nobody: null, pupil, teacher, office, network, safeguarding, head, governor });
  const walkers = Array.from({ length: AT_ONCE }, async () => {
    for (let next = people.shift(); next; next = people.shift()) await pagesOf(browser, ...next);
  });
  await Promise.all(walkers);
}
