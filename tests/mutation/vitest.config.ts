import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Tables first: they are quick and catch most, and the first test that fails ends the run. */
class TablesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isGenerated = ({ moduleId }: TestSpecification) => /(properties|reference|pricing)\.test\.ts$/.test(moduleId);
    return files.sort((a, b) => Number(isGenerated(a)) - Number(isGenerated(b)));
  }
}

export default defineConfig({
  resolve: { alias: { '@': fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '') } },
  test: {
    include: ['tests/commerce/**/*.test.ts'],
    // What rules weigh and cost says nothing about what they decide.
    exclude: ['tests/commerce/weight.test.ts', 'tests/commerce/promotions-cost.test.ts'],
    isolate: false,
    sequence: { sequencer: TablesFirst },
    testTimeout: 30_000,
  },
});
