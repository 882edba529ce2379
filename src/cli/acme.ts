/** `devtls acme`: an ACME server whose certificates this machine's browsers trust. */
import type { Command } from "commander";
import { WEATHER } from "../acme/rules/weather.js";
import { type AcmeServer, openAcme } from "../acme/server.js";
import { isLoopbackAddress } from "../x509/ip.js";
import { type AcmeFlags, addAcmeOptions, readAcmeOptions } from "./acme-options.js";
import { createAcmeReporter } from "./acme-report.js";
import { note, print, printJson, warn } from "./output.js";
import { withExamples } from "./program.js";

export function define(program: Command): void {
  const command = addAcmeOptions(
    program
      .command("acme")
      .description(
        "Give certificates to certbot, Caddy, lego, Traefik and Apache over ACME (RFC 8555), as in production.",
      )
      .argument("[name...]", "with --client: the names that the configuration is for"),
  ).action(acme);
  withExamples(
    command,
    `devtls acme                                        https://localhost:14000/directory
devtls acme --client certbot app.test              what to put into certbot
devtls acme --http-01-port 5002                    the client listens there, not on port 80
devtls acme --resolve app.test=127.0.0.1           where a name is
devtls acme --weather short-lived --weather slow   a bad day, rehearsed
devtls acme --bind 192.168.1.5 --eab               for a network, with accounts given out`,
  );
}

async function acme(names: string[], flags: AcmeFlags): Promise<void> {
  const settings = readAcmeOptions(names, flags);
  if (flags.client !== undefined) {
    const { printClient } = await import("./acme-client.js");
    await printClient(flags.client, names, settings);
    return;
  }
  const reporter = createAcmeReporter(flags.json ?? false);
  const server = await openAcme({
    ...settings,
    report: (event) => reporter.event(event),
    failed: (error) => reporter.failed(error),
  });
  const stopped = onSignal(() => server.close());
  announce(server, flags, settings);
  await stopped;
  reporter.closed();
}

type Settings = ReturnType<typeof readAcmeOptions>;

function announce(
  { directoryUrl, binding, created }: AcmeServer,
  flags: AcmeFlags,
  { directory, weather, bind }: Settings,
): void {
  if (flags.json) {
    printJson({
      event: "listening",
      url: directoryUrl,
      weather,
      ...(binding && { eab: { keyId: binding.keyId, hmacKey: binding.hmacKey } }),
    });
  } else {
    print(directoryUrl);
    if (binding) {
      print(`eab-kid ${binding.keyId}`);
      print(`eab-hmac-key ${binding.hmacKey}`);
    }
  }
  if (created) {
    note(`Made a certificate authority in ${directory}. To make browsers trust it: devtls trust`);
  }
  for (const kind of weather) warn(`weather ${kind}: ${WEATHER[kind]}.`);
  if (!bind.every(isLoopbackAddress)) {
    warn(
      "other machines can reach this server: whoever has the key above gets certificates for them.",
    );
  }
  note("What to put into a client: devtls acme --client certbot");
}

/** The first signal ends in order, a second one at once. */
function onSignal(end: () => Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    let ending = false;
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(name, () => {
        if (ending) process.exit();
        ending = true;
        end().then(resolve, reject);
      });
    }
  });
}
