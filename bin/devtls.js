#!/usr/bin/env node

// The commands that people wait for have bundles of their own; see src/cli/main-cert.ts.
const own = ["cert", "serve"].includes(process.argv[2]);
require(own ? `../dist/cli/main-${process.argv[2]}.js` : "../dist/cli/main.js");
