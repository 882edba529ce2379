import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Whole applications have a run of their own: npm run test:apps.
    exclude: [...configDefaults.exclude, "test/apps/**"],
    // Real programs are started; the slowest (a browser's first start) takes seconds, and a
    // machine with two cores runs several at once.
    maxWorkers: 2,
    setupFiles: ["test/support/setup.ts"],
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // The runtime variables of the machine would decide what the tests are there to decide.
    env: {
      NODE_EXTRA_CA_CERTS: "",
      SSL_CERT_FILE: "",
      SSL_CERT_DIR: "",
      CURL_CA_BUNDLE: "",
      REQUESTS_CA_BUNDLE: "",
      GIT_SSL_CAINFO: "",
      AWS_CA_BUNDLE: "",
      PIP_CERT: "",
      JAVA_TOOL_OPTIONS: "",
    },
  },
});
