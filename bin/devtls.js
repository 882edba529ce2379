#!/usr/bin/env node

// `cert` has a bundle of its own; see src/cli/main-cert.ts.
require(process.argv[2] === "cert" ? "../dist/cli/main-cert.js" : "../dist/cli/main.js");
