/**
 * Loaded into `devtls` before it starts (NODE_OPTIONS=--require): runs a whole `devtls ca rotate` in
 * another process at the moment in which a certificate is put in place, once. That one cannot take
 * its turn (.certificates.lock), as where the state directory cannot be written to, or nobody could.
 * DEVTLS_MEANWHILE is the launcher of devtls.
 */
const { spawnSync } = require("node:child_process");
const fs = require("node:fs");

const launcher = process.env.DEVTLS_MEANWHILE;
const rename = fs.renameSync;
const open = fs.openSync;

fs.openSync = (path, ...rest) => {
  if (/\.certificates\.lock/.test(path)) {
    throw Object.assign(new Error("EROFS: read-only file system, open"), { code: "EROFS" });
  }
  return open(path, ...rest);
};

fs.renameSync = (from, to) => {
  if (/localhost[^/]*\.pem$/.test(to)) {
    fs.renameSync = rename;
    const { DEVTLS_MEANWHILE: _, NODE_OPTIONS: __, ...env } = process.env;
    const { status, stderr } = spawnSync(process.execPath, [launcher, "ca", "rotate", "--yes"], {
      env,
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`the rotation failed: ${stderr}`);
  }
  return rename(from, to);
};
