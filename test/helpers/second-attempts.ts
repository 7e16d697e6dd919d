import type { Reporter, TestCase } from 'vitest/node';

/** Names every test that passed at its second attempt only, so that none of them is taken for a sound one. */
export class SecondAttempts implements Reporter {
  readonly #names: string[] = [];

  onTestCaseResult(test: TestCase): void {
    if (test.diagnostic()?.flaky === true)
      this.#names.push(`${test.module.relativeModuleId}: ${test.fullName}`);
  }

  onTestRunEnd(): void {
    for (const name of this.#names) process.stdout.write(`PASSED AT THE SECOND ATTEMPT ONLY: ${name}\n`);
  }
}
