// Every page in a real browser, on a phone and on a desk: the stories first, which leave something to see, then each
// person's pages. Run by `tests/browser/run`.
import { counted, launch } from "./browser.mjs";
import { stories } from "./stories.mjs";
import { closing } from "./tests.mjs";
import { walk } from "./walk.mjs";

const browser = await launch();
try {
  await stories(browser);
  if (!process.env.STORIES_ONLY) await walk(browser);
} finally {
  await browser.close();
}
console.log(`${counted.pages} pages looked at, ${counted.violations} violations of accessibility`);
process.exit(closing());
