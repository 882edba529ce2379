/** Avahi on a machine of a test: the responder and resolver of Linux desktops. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Machine } from "../../support/network.js";
import { folderUntilEnd } from "../../support/programs.js";

export const AVAHI = ["avahi-daemon", "avahi-resolve", "dbus-daemon", "getent", "mount"];

/** Where the resolver of the C library looks for Avahi (nss-mdns). */
const RUN = "/run/avahi-daemon";

const BUS = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path=SOCKET</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*"/><allow own="*"/><allow receive_sender="*"/></policy>
</busconfig>
`;

const SETTINGS = `[server]
use-ipv6=no
host-name=HOST
[publish]
publish-workstation=no
`;

export interface Avahi {
  /** What avahi-resolve says of a name: its address. */
  resolve(name: string): Promise<string | undefined>;
}

/** Starts it there, apart from the Avahi of this machine if that has one. */
export async function startAvahi(machine: Machine, hostName: string): Promise<Avahi> {
  const folder = folderUntilEnd("devtls-avahi-");
  const [bus, settings, socket] = ["bus.conf", "avahi.conf", "bus"].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  writeFileSync(bus, BUS.replace("SOCKET", socket));
  writeFileSync(settings, SETTINGS.replace("HOST", hostName));
  mkdirSync(RUN, { recursive: true });
  const mounted = await machine.run("mount", ["-t", "tmpfs", "tmpfs", RUN]);
  if (mounted.status !== 0) throw new Error(mounted.stderr);
  const dbus = machine.start("dbus-daemon", [
    ...[`--config-file=${bus}`, "--nofork", "--print-address"],
  ]);
  await dbus.waitFor(/unix:path=/);
  const env = { DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${socket}` };
  const rights = ["--no-drop-root", "--no-chroot", "--no-rlimits"];
  const daemon = machine.start("avahi-daemon", ["--file", settings, ...rights], { env });
  await daemon.waitFor(/Server startup complete/);
  return {
    resolve: async (name) => {
      const { stdout } = await machine.run("avahi-resolve", ["-4", "-n", name], { env });
      return stdout.trim().split("\t")[1];
    },
  };
}
