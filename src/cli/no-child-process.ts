// Stands in for node:child_process in the bundle of `devtls cert`; see esbuild.config.mjs.
export {};
