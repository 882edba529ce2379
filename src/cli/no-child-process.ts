// Stands in for node:child_process where commander asks for it; see esbuild.config.mjs.
export {};
