/** Multicast DNS from somebody who means harm: broken packets, floods, and claims to every name. */
import { beforeAll, expect, it } from "vitest";
import { type Machine, whyNoNetwork } from "../../support/network.js";
import { temporaryHome } from "../../support/programs.js";
import { describeUnless } from "../../support/tools.js";
import { AVAHI, type Avahi, startAvahi } from "./avahi.js";
import { type Desk, LAPTOP, type LanServe, PHONE, setDesk, visitor } from "./desk.js";

/** What every sender here begins with. */
const SENDER = `
const { createSocket } = require("node:dgram");
const own = process.argv[1];
const socket = createSocket({ type: "udp4", reuseAddr: true });
const name = (text) => Buffer.concat([...text.split(".").map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])), Buffer.from([0])]);
const send = (data, then) => socket.send(data, 5353, "224.0.0.251", then);
const head = (flags, counts) => { const data = Buffer.alloc(12); data.writeUInt16BE(flags, 2); counts.forEach((count, at) => data.writeUInt16BE(count, 4 + 2 * at)); return data; };
const start = (go) => socket.bind(5353, "0.0.0.0", () => { socket.addMembership("224.0.0.251", own); socket.setMulticastInterface(own); go(); });
`;

/** Packets that no honest sender makes: noise, loops of pointers, counts without records. */
const BROKEN = `${SENDER}
let seed = 7;
const random = () => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff;
const packets = [];
for (let i = 0; i < 600; i++) packets.push(Buffer.from(Array.from({ length: Math.floor(random() * 300) }, () => Math.floor(random() * 256))));
const question = Buffer.concat([name("shop.local"), Buffer.from([0, 1, 0, 1])]);
for (let cut = 0; cut < question.length; cut++) packets.push(Buffer.concat([head(0, [1, 0, 0, 0]), question.subarray(0, cut)]));
packets.push(Buffer.concat([head(0, [1, 0, 0, 0]), Buffer.from([0xc0, 12, 0, 1, 0, 1])]));
packets.push(Buffer.concat([head(0x8400, [0, 65535, 65535, 65535])]));
const chain = Buffer.concat([head(0, [2000, 0, 0, 0]), Buffer.alloc(8000)]);
for (let at = 14; at + 2 < chain.length; at += 2) chain.writeUInt16BE(0xc000 + Math.min(at - 2, 0x3fff), at);
for (let i = 0; i < 50; i++) packets.push(chain);
packets.push(Buffer.alloc(40000, 0xc0));
start(() => { let left = packets.length; for (const packet of packets) send(packet, () => { if (--left === 0) { console.log("sent"); socket.close(); } }); });
`;

/** Asks for the name, so many times. */
const asking = (times: number): string => `${SENDER}
const question = Buffer.concat([head(0, [1, 0, 0, 0]), name("shop.local"), Buffer.from([0, 1, 0, 1])]);
let sent = 0;
const more = () => send(question, () => { if (++sent < ${times}) more(); else { console.log("sent"); socket.close(); } });
start(more);
`;

/** Says of every name that somebody asks for that it is its own. */
const GREEDY = `${SENDER}
socket.on("message", (data, from) => {
  if (from.address === own || (data[2] & 0x80)) return;
  const end = data.indexOf(0, 12) + 1;
  const record = Buffer.concat([data.subarray(12, end), Buffer.from([0, 1, 0x80, 1, 0, 0, 0, 120, 0, 4, 10, 9, 8, 7])]);
  send(Buffer.concat([head(0x8400, [0, 1, 0, 0]), record]));
});
start(() => console.log("ready"));
`;

describeUnless(whyNoNetwork(["curl", ...AVAHI]), "Who floods the network with names", () => {
  const THIEF = "192.168.77.66";
  let desk: Desk;
  let avahi: Avahi;
  let thief: Machine;
  let run: LanServe;

  beforeAll(async () => {
    desk = await setDesk();
    avahi = await startAvahi(desk.phone, "phone");
    thief = await desk.network.machine(`${THIEF}/24`);
    run = desk.serve(["--demo", "--lan-name", "shop"]);
    await run.event("lan");
  });

  const processorMs = async (): Promise<number> => {
    const { stdout } = await desk.laptop.run("cat", [`/proc/${run.child.pid}/stat`]);
    const [user, system] = stdout.slice(stdout.lastIndexOf(")")).split(" ").slice(12, 14);
    return (Number(user) + Number(system)) * 10;
  };

  it.each([
    ["by broken packets", BROKEN],
    ["by five thousand questions", asking(5_000)],
  ])("neither ends devtls nor keeps it busy: %s", async (_, script) => {
    const before = await processorMs();
    const sending = thief.start(process.execPath, ["-e", script, THIEF]);
    await sending.waitFor(/sent/);
    const { onboarding } = await run.event("lan");
    expect((await visitor(desk.phone).get(onboarding as string)).status).toBe(200);
    await expect.poll(() => avahi.resolve("shop.local"), { timeout: 20_000 }).toBe(LAPTOP);
    // What is read in a second is bounded, whatever comes.
    expect((await processorMs()) - before).toBeLessThan(1_500);
    expect(run.stderr()).not.toMatch(/unexpected/);
  });

  it("by claims to every name takes the name away, not the address", async () => {
    const greedy = thief.start(process.execPath, ["-e", GREEDY, THIEF]);
    await greedy.waitFor(/ready/);
    const other = await desk.network.machine("192.168.77.5/24");
    const second = desk.serve(["--demo", "--lan-name", "other"], other, temporaryHome());
    const lan = await second.event("lan");
    expect(lan).toMatchObject({ name: null, addresses: ["192.168.77.5"] });
    expect((await visitor(desk.phone).get(lan.onboarding as string)).status).toBe(200);
    expect(await second.stop()).toBe(0);
    // Who has a name loses it to such a one, too, and says so once.
    await desk.phone.run(process.execPath, ["-e", asking(1), PHONE]);
    await run.waitFor(/"name":null/);
    expect(run.events().filter(({ name }) => name === null)).toHaveLength(1);
    await greedy.stop("SIGKILL");
  });
});
