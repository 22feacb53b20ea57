// A few lines in place of a test runner: each test says its name, what it found, and counts.
let passed = 0;
let failed = 0;

/** Runs a test; one that fails does not keep the next from running. */
export async function test(name, run) {
  try {
    const wrong = await run();
    if (wrong?.length) throw new Error(wrong.join("\n      "));
    passed += 1;
    console.log(`  ok    ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`  FAIL  ${name}\n      ${error.message}`);
  }
}

/** Holds, or the test fails with these words. */
export function must(holds, words) {
  if (!holds) throw new Error(words);
}

/** Prints the closing line; what the process answers with. */
export function closing() {
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}
