/** Which addresses of a machine are those of a local network. */
import type { NetworkInterfaceInfo } from "node:os";
import { describe, expect, it } from "vitest";
import { isOnLink, isPrivate, type LanAddress, lanAddresses } from "../../src/lan/addresses.js";

function infoOf(address: string, netmask: string, internal = false): NetworkInterfaceInfo {
  const mac = "00:00:00:00:00:00";
  return address.includes(":")
    ? { family: "IPv6", address, netmask, mac, internal, cidr: null, scopeid: 0 }
    : { family: "IPv4", address, netmask, mac, internal, cidr: null };
}

describe("An address is private", () => {
  it.each([
    ...["10.0.0.1", "172.16.0.1", "172.31.255.254", "192.168.1.5", "169.254.7.7", "fd12::1"],
  ])("such as %s", (address) => {
    expect(isPrivate(address)).toBe(true);
  });

  it.each([
    ...["8.8.8.8", "172.32.0.1", "192.169.0.1", "100.64.0.1", "127.0.0.1", "0.0.0.0", "::1"],
    ...["fe80::1", "2001:db8::1", "::ffff:10.0.0.1", "10.1", "010.0.0.1", "shop.local", ""],
  ])("not such as %s", (address) => {
    expect(isPrivate(address)).toBe(false);
  });
});

describe("The addresses of a machine", () => {
  it("are the private ones, IPv4 and real networks first", () => {
    const found = lanAddresses({
      lo: [infoOf("127.0.0.1", "255.0.0.0", true), infoOf("::1", "ffff::", true)],
      docker0: [infoOf("172.17.0.1", "255.255.0.0")],
      wg0: [infoOf("10.9.0.2", "255.255.255.0")],
      wlan0: [
        infoOf("fe80::5", "ffff:ffff:ffff:ffff::"),
        infoOf("fd00::5", "ffff:ffff:ffff:ffff::"),
        infoOf("2001:db8::5", "ffff:ffff:ffff:ffff::"),
        infoOf("192.168.1.5", "255.255.255.0"),
      ],
      eth0: [infoOf("203.0.113.9", "255.255.255.0")],
    });
    expect(found.map(({ address }) => address)).toEqual([
      ...["192.168.1.5", "172.17.0.1", "10.9.0.2", "fd00::5"],
    ]);
    expect(found[0]).toEqual({
      ...{ address: "192.168.1.5", family: "IPv4", netmask: "255.255.255.0", interface: "wlan0" },
    });
  });

  it("are none where there is no network", () => {
    expect(lanAddresses({ lo: [infoOf("127.0.0.1", "255.0.0.0", true)] })).toEqual([]);
  });
});

describe("Another address is on the link", () => {
  const own: LanAddress = {
    address: "192.168.1.5",
    family: "IPv4",
    netmask: "255.255.255.0",
    interface: "wlan0",
  };

  it.each([
    ["192.168.1.77", true],
    ["192.168.2.77", false],
    ["fd00::1", false],
    ["nonsense", false],
  ])("by the netmask: %s", (address, expected) => {
    expect(isOnLink(own, address)).toBe(expected);
  });
});
