/**
 * A vitest reporter that prints nothing: it counts, and leaves the counts in the file named by
 * PERDURE_TEST_COUNTS for `scripts/test.mjs`.
 *
 * What broke outside a test (a file that cannot be imported, a hook, an unhandled rejection) counts
 * as a failure: otherwise it would only show as tests that are missing.
 */
import { writeFileSync } from 'node:fs';

export default class CountReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const states = tests.map((test) => test.result().state);
    const passed = states.filter((state) => state === 'passed').length;
    const failed = states.filter((state) => state === 'failed').length;
    const broken = modules
      .flatMap((module) => [module, ...module.children.allSuites()])
      .filter((group) => group.errors().length > 0).length;
    const counts = {
      passed,
      failed: failed + broken + unhandledErrors.length,
      skipped: states.length - passed - failed,
    };
    writeFileSync(process.env.PERDURE_TEST_COUNTS, JSON.stringify(counts));
  }
}
