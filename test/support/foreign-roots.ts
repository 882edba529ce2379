/** Roots as the tools for local development make them: by the tool itself where it is installed. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "./cli.js";
import { folderUntilEnd, start } from "./programs.js";

/** Subjects and extensions that tools give their roots, taken from their sources. */
export const SUBJECTS = {
  devtls: ["/O=devtls development authority/CN=devtls ada@engine 1234abcd"],
  mkcert: ["/O=mkcert development CA/OU=ada@engine/CN=mkcert ada@engine"],
  Caddy: ["/CN=Caddy Local Authority - 2024 ECC Root"],
  devcert: ["/CN=devcert"],
  portless: ["/CN=portless Local CA"],
  "puma-dev": ["/O=Developer Certificate/CN=Puma-dev CA"],
  dotnet: ["/CN=localhost", "-addext", "1.3.6.1.4.1.311.84.1.1=DER:02"],
} as const;

export type ToolName = keyof typeof SUBJECTS;

export interface ForeignRoot {
  readonly path: string;
  readonly key: string;
  readonly pem: string;
}

/** A new root with a tool's subject. */
export async function rootLike(tool: ToolName | readonly string[]): Promise<ForeignRoot> {
  const folder = folderUntilEnd("devtls-foreign-");
  const [subject = "", ...more] = typeof tool === "string" ? SUBJECTS[tool] : tool;
  const [path, key] = [join(folder, "root.pem"), join(folder, "root.key")];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  await run("openssl", [
    ...["req", "-x509", ...kind, "-keyout", key, "-out", path, "-days", "30"],
    ...["-subj", subject, ...more],
  ]);
  return { path, key, pem: readFileSync(path, "utf8") };
}

/** mkcert's own root in a CAROOT of its own. */
export async function mkcertRoot(): Promise<ForeignRoot & { readonly caroot: string }> {
  const caroot = folderUntilEnd("devtls-caroot-");
  const files = ["-cert-file", join(caroot, "leaf.pem"), "-key-file", join(caroot, "leaf.key")];
  await run("mkcert", [...files, "localhost"], { CAROOT: caroot, HOME: caroot });
  const [path, key] = [join(caroot, "rootCA.pem"), join(caroot, "rootCA-key.pem")];
  return { caroot, path, key, pem: readFileSync(path, "utf8") };
}

/** The root that a Caddy makes as it starts, below a data folder (XDG_DATA_HOME). */
export async function caddyRoot(): Promise<ForeignRoot & { readonly data: string }> {
  const data = folderUntilEnd("devtls-caddy-");
  const home = join(data, "home");
  mkdirSync(home);
  const config = join(data, "caddy.json");
  const authorities = { local: { install_trust: false } };
  writeFileSync(
    config,
    JSON.stringify({
      admin: { disabled: true },
      apps: { pki: { certificate_authorities: authorities } },
    }),
  );
  const env = { HOME: home, XDG_DATA_HOME: data, XDG_CONFIG_HOME: home };
  const caddy = start("caddy", ["run", "--config", config], { env });
  await caddy.waitFor(/serving initial configuration/);
  await caddy.stop();
  const folder = join(data, "caddy/pki/authorities/local");
  const [path, key] = [join(folder, "root.crt"), join(folder, "root.key")];
  return { data, path, key, pem: readFileSync(path, "utf8") };
}

async function run(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { status, stderr } = await runProgram(command, args, { env });
  if (status !== 0) throw new Error(`${command} ${args[0]}: ${stderr}`);
}
