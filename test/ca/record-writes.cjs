/** Loaded into `devtls` before it starts: copies all that it writes to DEVTLS_TEST_WRITES. */
const fs = require("node:fs");

const write = fs.writeFileSync;
fs.writeFileSync = (file, data, ...rest) => {
  write(process.env.DEVTLS_TEST_WRITES, data, { flag: "a" });
  return write(file, data, ...rest);
};
