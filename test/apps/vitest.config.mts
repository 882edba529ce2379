import { configDefaults, defineConfig } from "vitest/config";
import project from "../../vitest.config.mjs";

/** Applications nobody here wrote: `npm run test:apps`, apart from `npm test` for their time. */
export default defineConfig({
  test: {
    ...project.test,
    include: ["test/apps/**/*.test.ts"],
    exclude: configDefaults.exclude,
    // A file is an application in all its configurations, from the installation on.
    testTimeout: 600_000,
    hookTimeout: 120_000,
  },
});
