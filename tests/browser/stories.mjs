// What people come for, from beginning to end. They leave signatures, requests and refusals behind for the walk.
import { faults, launch, open, signIn } from "./browser.mjs";
import { device } from "./device.mjs";
import { desk, head, network, office, pupil, safeguarding, teacher } from "./school.mjs";
import { must, test } from "./tests.mjs";

const MATHS = "http://maths.willow-lane.test/";
const CASINO = "casino.willow-lane.test";

const text = (page) => page.locator("main").innerText();

/** Somebody signed in, in a browser of their own; closed again afterwards. */
async function as(browser, person, run, options) {
  const page = await open(browser, options);
  try {
    await signIn(page, person);
    await run(page);
  } finally {
    await page.context().close();
  }
}

/** A device of somebody, or of nobody, behind the gateway. */
async function behind(person, run) {
  const own = await device(person);
  const browser = await launch(own.address);
  try {
    await run(await open(browser));
  } finally {
    await browser.close();
    own.stop();
  }
}

/** Goes on with the key that goes on until what has the focus is called so. */
async function reach(page, name) {
  const named = () =>
    page.evaluate(() => {
      const it = document.activeElement;
      const label = it?.labels?.[0]?.innerText ?? it?.getAttribute?.("aria-label") ?? it?.innerText ?? "";
      const group = it?.type === "radio" ? it.closest("fieldset")?.querySelector("legend")?.innerText : "";
      return (group || label).trim();
    });
  for (let tries = 0; tries < 80; tries += 1) {
    const is = await named();
    if (name instanceof RegExp ? name.test(is) : is.startsWith(name)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`the keyboard does not reach ${name}`);
}

/** Types into a field. */
async function type(page, label, words) {
  await reach(page, label);
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.type(words);
}

/** Chooses one of several, whether they stand in a list or beside each other. */
async function choose(page, label, choice) {
  await reach(page, label);
  const isList = await page.evaluate(() => document.activeElement.tagName === "SELECT");
  if (isList) await page.keyboard.type(choice);
  else await page.keyboard.press("Space");
}

/** Reads the agreement that waits, and signs it. */
async function sign(page) {
  await page.goto(`${desk}/agreements`);
  await page.getByRole("link", { name: "Open the agreement" }).click();
  const read = page.getByRole("checkbox");
  if (await read.count()) await read.check();
  const name = page.getByRole("textbox");
  if (await name.count()) {
    const me = await page.locator(".gh-header__me span").innerText();
    await name.fill(me.split(",")[0]);
  }
  await page.locator("form.gh-next button").click();
  await page.waitForLoadState();
}

/** The stories, in the order in which they happen. */
export async function stories(browser) {
  await test("a device that nobody is known for is asked to sign in", () =>
    behind(null, async (page) => {
      const answer = await page.goto(MATHS);
      must(answer.status() === 403, `the answer is ${answer.status()}`);
      must(/^Sign in first/m.test(await text(page)), `the page says: ${await text(page)}`);
      const wrong = await faults(page, { name: "blocked-unknown" });
      must(wrong.length === 0, wrong.join("\n      "));
    }));

  await test("the device of a pupil who has not signed is asked to sign the agreement", () =>
    behind(pupil, async (page) => {
      await page.goto(MATHS);
      must(/^Sign the agreement first/m.test(await text(page)), `the page says: ${await text(page)}`);
      const wrong = await faults(page, { name: "blocked-unsigned" });
      must(wrong.length === 0, wrong.join("\n      "));
    }));

  await test("a pupil signs in, signs the promises, and the home page changes", () =>
    as(browser, pupil, async (page) => {
      must((await text(page)).includes("Read and sign"), "the home page does not ask to sign");
      await sign(page);
      await page.goto(desk);
      must(!(await text(page)).includes("Read and sign"), "the home page still asks to sign");
    }));

  await test("the pupil's device reaches a site that is open, and the page is the site's own", () =>
    behind(pupil, async (page) => {
      const answer = await page.goto(MATHS);
      must(answer.status() === 200, `the answer is ${answer.status()}`);
      must((await page.locator("h1").innerText()) === "Times tables", "another page came");
    }));

  await test("the pupil's device is refused a site, and the page names the clause and offers to ask and to tell", () =>
    behind(pupil, async (page) => {
      const answer = await page.goto(`http://${CASINO}/`);
      must(answer.status() === 403, `the answer is ${answer.status()}`);
      const shown = await text(page);
      must(/clause 7\.2/.test(shown), `no clause is named: ${shown}`);
      must(shown.includes(CASINO), "the site is not named");
      must(await page.getByRole("link", { name: "Ask for this site" }).isVisible(), "nothing offers to ask");
      must(await page.getByRole("link", { name: "Tell someone" }).first().isVisible(), "nothing offers to tell");
      const wrong = await faults(page, { name: "blocked-pupil" });
      must(wrong.length === 0, wrong.join("\n      "));
      await page.getByRole("link", { name: "Ask for this site" }).click();
      must(page.url().startsWith(desk), `the link leads to ${page.url()}`);
    }));

  await test("an encrypted site is refused, and the desk says which and why", () =>
    behind(pupil, async (page) => {
      const answer = await page.goto(`https://${CASINO}/`).catch((error) => error);
      must(/ERR_TUNNEL|ERR_PROXY/.test(String(answer)), `the browser says ${answer}`);
      await page.waitForURL("chrome-error://chromewebdata/");
      await signIn(page, pupil);
      await page.goto(`${desk}/filter/refused`);
      const shown = await text(page);
      must(shown.includes(CASINO) && /clause 7\.2/i.test(shown), `the page says: ${shown}`);
    }));

  await test("a pupil asks for a site; what was forgotten is said, and what was typed stays", () =>
    as(browser, pupil, async (page) => {
      await page.goto(`${desk}/filter/ask?site=games.willow-lane.test`);
      await page.getByRole("button", { name: "Ask for it" }).click();
      must((await page.title()).startsWith("Error"), "the title does not say that something is missing");
      must((await page.getByLabel("Which site?").inputValue()) === "games.willow-lane.test", "the site is lost");
      const wrong = await faults(page, { name: "pupil-ask-refused" });
      must(wrong.length === 0, wrong.join("\n      "));
      await page.getByLabel("What do you need it for?").fill("For the project about chess");
      await page.getByRole("button", { name: "Ask for it" }).click();
      must((await text(page)).includes("Thank you"), "nobody says thank you");
    }));

  await test("a pupil tells someone", () =>
    as(browser, pupil, async (page) => {
      await page.getByRole("link", { name: "Tell someone" }).first().click();
      await page.getByRole("radio", { name: "Someone was unkind" }).check();
      await page.getByRole("button", { name: "Tell them" }).click();
      must((await page.locator("h1").innerText()).startsWith("Thank you"), "nobody says thank you");
    }));

  await test("a teacher signs; sites open as a teacher's", async () => {
    await as(browser, teacher, sign);
    await behind(teacher, async (page) => {
      const answer = await page.goto("http://games.willow-lane.test/");
      must(answer.status() === 200, `the answer is ${answer.status()}`);
      must((await page.goto(`http://${CASINO}/`)).status() === 403, "gambling is open");
      const wrong = await faults(page, { name: "blocked-adult" });
      must(wrong.length === 0, wrong.join("\n      "));
    });
  });

  await test("a teacher may not open the activity log", () =>
    as(browser, teacher, async (page) => {
      const answer = await page.goto(`${desk}/monitor/activity`);
      must(answer.status() === 403, `the answer is ${answer.status()}`);
      const shown = await text(page);
      must(!shown.includes(CASINO), "it shows what was asked for");
      must(!(await page.getByRole("link", { name: "Activity" }).count()), "a link leads there");
    }));

  await test("the network manager sees what was refused, without a name, and follows why", () =>
    as(browser, network, async (page) => {
      await page.goto(`${desk}/monitor/activity?outcome=blocked`);
      const row = page.getByRole("row").filter({ hasText: CASINO }).filter({ hasText: "Year 5" }).first();
      must(!(await text(page)).includes("Maya"), "somebody is named");
      await row.getByRole("link", { name: "Why?" }).click();
      const shown = await text(page);
      must(shown.includes(CASINO) && /closed/i.test(shown) && /7\.2/.test(shown), `the page says: ${shown}`);
      const wrong = await faults(page, { name: "network-why-of-a-row" });
      must(wrong.length === 0, wrong.join("\n      "));
    }));

  await test("the network manager asks why for a person, and sees the deciding step and what would have changed it", () =>
    as(browser, network, async (page) => {
      await page.goto(`${desk}/filter/why`);
      await page.getByLabel("Address").fill(`${CASINO}/cards`);
      await page.getByLabel("Who").fill(pupil.username);
      await page.getByRole("button", { name: "Show why" }).click();
      must((await page.locator(".gh-trace__decides").count()) === 1, "no step is marked as the one that decides");
      const other = await page.getByRole("table", { name: "Other cases" }).innerText();
      must(/nobody|not known/i.test(other), `other cases: ${other}`);
    }));

  await test("the network manager answers a request", () =>
    as(browser, network, async (page) => {
      await page.goto(`${desk}/filter/requests`);
      const request = page.getByRole("article").filter({ hasText: "games.willow-lane.test" }).first();
      await request.getByRole("button", { name: "Answer" }).click();
      must((await text(page)).includes("games.willow-lane.test"), "an answer without words leaves the page");
      must((await page.title()).startsWith("Error"), "nothing says that words are missing");
      const again = page.getByRole("article").filter({ hasText: "games.willow-lane.test" }).first();
      await again.getByLabel("Not open it").check();
      await again.getByLabel("Words for whoever asked").fill("Ask Miss Ferreira to look at it with you");
      await again.getByRole("button", { name: "Answer" }).click();
      must((await text(page)).includes("Your answer is kept"), "the answer is not kept");
    }));

  await test("the safeguarding lead looks at a person, with a reason and not without", () =>
    as(browser, safeguarding, async (page) => {
      await page.goto(`${desk}/monitor/look`);
      await page.getByLabel("Username").fill(pupil.username);
      await page.getByRole("button", { name: "Look for half an hour" }).click();
      must((await page.title()).startsWith("Error"), "it opens without a reason");
      const wrong = await faults(page, { name: "safeguarding-look-refused" });
      await page.getByLabel("Why you look").fill("A worry that a class teacher brought on Tuesday");
      await page.getByRole("button", { name: "Look for half an hour" }).click();
      must((await text(page)).includes(CASINO), "what was refused is not there");
      must(!(await page.title()).includes("Maya"), "the title names a child");
      wrong.push(...(await faults(page, { name: "safeguarding-one-person" })));
      must(wrong.length === 0, wrong.join("\n      "));
    }));

  await test("the safeguarding lead reads what was told", () =>
    as(browser, safeguarding, async (page) => {
      const me = await page.locator(".gh-header__me span").innerText();
      must(/safeguarding lead/.test(me), `the header says ${me}`);
      await page.getByRole("link", { name: "Messages" }).first().click();
      must((await text(page)).includes("Maya"), "the message is not there");
      const wrong = await faults(page, { name: "safeguarding-messages" });
      must(wrong.length === 0, wrong.join("\n      "));
    }));

  await test("the head sees the policy with its counts, and opens a clause", () =>
    as(browser, head, async (page) => {
      await page.getByRole("link", { name: "Policy", exact: true }).click();
      must(/\d+ of its \d+ clauses are kept today/.test(await text(page)), "the counts are not there");
      must((await page.locator("article.gh-clause").count()) > 20, "the clauses are not there");
      // A long policy is shown by its sections, closed at first.
      await page.locator("summary").filter({ hasText: "1 About this policy" }).click();
      await page.locator("a.gh-clause__number").first().click();
      must((await page.locator("h1").innerText()).startsWith("Clause 1"), "the clause does not open");
    }));

  await test("the office enters three devices in a row, and never leaves the keyboard", () =>
    as(browser, office, async (page) => {
      await page.goto(`${desk}/registers/assets/hardware/new`);
      const wrong = await faults(page, { name: "office-new-device" });
      for (const [nth, tag] of ["WL-0901", "WL-0902", "WL-0903"].entries()) {
        const asks = await text(page);
        must(!/lost or stolen\?|disposal does it leave/i.test(asks), `the form asks what only a later step asks: ${asks}`);
        await type(page, "School tag", tag);
        // What usually repeats stands there already.
        if (nth === 0) await choose(page, "What is it?", "Laptop");
        await type(page, "Make and model", "Lenovo 300e");
        await reach(page, nth < 2 ? /^Save and enter another/ : /^Save and finish$/);
        const before = page.url();
        await page.keyboard.press("Enter");
        await page.waitForURL((url) => url.href !== before);
        must(nth === 2 || page.url().includes("/new?like="), `the next form is not there: ${page.url()}`);
      }
      const list = await text(page);
      for (const tag of ["WL-0901", "WL-0902", "WL-0903"]) must(list.includes(tag), `${tag} is not listed: ${list}`);
      wrong.push(...(await faults(page, { name: "office-three-devices" })));
      must(wrong.length === 0, wrong.join("\n      "));
    }));

  await test("the network manager confirms a clause, and the policy page shows it kept", () =>
    as(browser, network, async (page) => {
      await page.goto(`${desk}/attestations`);
      await page.locator("main .gh-next a.govuk-button, main .gh-todo a").first().click();
      await page.waitForURL(/\/attestations\/[^/]+~\d+$/);
      const key = decodeURIComponent(new URL(page.url()).pathname.split("/").at(-1));
      const label = key.split("~")[0];
      const wrong = await faults(page, { name: "network-question" });
      await page.getByRole("radio", { name: /^Yes/ }).first().check();
      await page.getByLabel("In a few words").fill("Looked at each of them today.");
      const asked = page.url();
      await page.getByRole("button", { name: "Keep this answer" }).click();
      await page.waitForURL((url) => url.href !== asked);
      let shown = "";
      for (let tries = 0; tries < 20; tries += 1) {
        await page.goto(`${desk}/policy/clauses/${label}`);
        shown = await text(page);
        if (/^Kept/m.test(shown) || /confirmed/i.test(shown)) break;
        await page.waitForTimeout(1000);
      }
      must(/confirmed/i.test(shown), `the clause does not say that it was confirmed: ${shown}`);
      const link = page.getByRole("link", { name: "See its confirmation" }).first();
      must(await link.isVisible(), "no link leads to the answer");
      await link.click();
      must((await text(page)).includes("Looked at each of them today."), "the answer is not there");
      must(wrong.length === 0, wrong.join("\n      "));
    }));

  await test("a card with a new password is handed to a pupil of Year 1, whose pages are for the youngest", () =>
    as(browser, network, async (page) => {
      await page.goto(`${desk}/people?year=year-1`);
      const name = await page.locator("tbody th a").first().innerText();
      await page.goto(`${desk}/accounts`);
      await page.getByLabel("Name or username").fill(name.split(",")[0]);
      await page.getByRole("button", { name: "Find" }).click();
      const [family, given] = name.split(", ");
      await page.getByRole("row").filter({ hasText: given }).filter({ hasText: family })
        .getByRole("button", { name: /New password/ }).first().click();
      const [username, password] = await page.locator(".gh-cards dd").allInnerTexts();
      const wrong = await faults(page, { name: "network-card" });
      await as(browser, { username, password }, async (child) => {
        wrong.push(...(await faults(child, { name: "child-home" })));
        await child.goto(`${desk}/agreements`);
        wrong.push(...(await faults(child, { name: "child-agreements" })));
        await child.getByRole("link", { name: "Open the agreement" }).click();
        wrong.push(...(await faults(child, { name: "child-agreement" })));
        await sign(child);
        await child.goto(`${desk}/tell`);
        wrong.push(...(await faults(child, { name: "child-tell" })));
      });
      must(wrong.length === 0, wrong.join("\n      "));
    }));

  await test("all of it works with scripts switched off", () =>
    as(
      browser,
      head,
      async (page) => {
        await sign(page);
        await page.goto(desk);
        must(!(await text(page)).includes("Read and sign"), "signing does not work");
        await page.goto(`${desk}/policy?standing=kept`);
        must((await page.locator("article.gh-clause").count()) > 5, "filtering the policy does not work");
        await page.goto(`${desk}/people`);
        await page.getByLabel("Name or username").fill("maya.jones");
        await page.getByRole("button", { name: "Find" }).click();
        await page.getByRole("link", { name: "Jones, Maya" }).click();
        must((await page.locator("h1").innerText()) === "Maya Jones", "finding a person does not work");
        await page.goto(`${desk}/filter/why?address=${CASINO}&who=maya.jones`);
        must((await page.locator(".gh-trace__decides").count()) === 1, "asking why does not work");
        await page.goto(`${desk}/monitor/live`);
        must((await text(page)).includes(CASINO), "what was just refused is not there");
        await page.getByRole("link", { name: "Look again" }).click();
        must((await text(page)).includes(CASINO), "looking again does not work");
        await page.getByRole("button", { name: "Sign out" }).click();
        must(page.url().includes("/sign-in"), "signing out does not work");
      },
      { javaScriptEnabled: false },
    ));
}
