import { defineConfig, mergeConfig } from "vitest/config";
import project from "../../vitest.config.mjs";

/** Applications nobody here wrote: `npm run test:apps`, apart from `npm test` for their time. */
export default mergeConfig(
  { ...project, test: { ...project.test, include: undefined, exclude: undefined } },
  defineConfig({
    test: {
      include: ["test/apps/**/*.test.ts"],
      maxWorkers: 2,
      testTimeout: 600_000,
      hookTimeout: 120_000,
    },
  }),
);
