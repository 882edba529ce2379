/** What the door takes off an exchange, and what it lets a response set. */
import { describe, expect, it } from "vitest";
import { createDoor } from "../../src/lan/door.js";
import { Pairing } from "../../src/lan/pairing.js";
import type { Exchange, Reply } from "../../src/proxy/exchange.js";

const NAME = "__Host-devtls-lan-8443";
const PHONE = "192.168.77.2";
const HOST = "192.168.77.1:8443";

function newDoor() {
  const pairing = new Pairing({ onPaired: () => undefined, onOther: () => undefined }, () => 0);
  const names = () => ["192.168.77.1", "shop.local"];
  return { pairing, door: createDoor({ pairing, port: 8443, names }) };
}

function exchange(headers: string[], more: Partial<Exchange> = {}): Exchange {
  return {
    ...{ id: 1, started: 0, protocol: "HTTP/1.1", method: "GET", target: "/", host: HOST },
    connection: { scheme: "https", address: PHONE, clientPort: 1, port: 8443, fromLan: true },
    ...{ headers, trailersWelcome: false, body: undefined, reply: undefined as unknown as Reply },
    ...more,
  };
}

describe("Behind the door", () => {
  const { door } = newDoor();

  it.each([
    ["alone", ["Cookie", `${NAME}=s`, "X", "1"], ["X", "1"]],
    ["first", ["Cookie", `${NAME}=s; a=b`], ["Cookie", "a=b"]],
    ["last", ["cookie", `a=b; ${NAME}=s`], ["cookie", "a=b"]],
    ["twice", ["Cookie", `a=b;${NAME}=s; ${NAME}=t; c=d`], ["Cookie", "a=b; c=d"]],
    ["in a line of its own", ["Cookie", "a=b", "COOKIE", `${NAME}=s`], ["Cookie", "a=b"]],
    ["not there", ["Cookie", `x${NAME}=s; a=${NAME}`], ["Cookie", `x${NAME}=s; a=${NAME}`]],
  ])("the cookie of the pairing is gone: %s", (_, headers, expected) => {
    expect(door.behind(exchange(headers)).headers).toEqual(expected);
  });

  it("Host keeps its place among the lines", () => {
    const headers = ["A", "1", "Cookie", `${NAME}=s`, "B", "2", "C", "3"];
    expect(door.behind(exchange(headers, { hostAt: 6 })).hostAt).toBe(4);
    expect(door.behind(exchange(headers, { hostAt: 2 })).hostAt).toBe(2);
    expect(door.behind(exchange(["A", "1"], { hostAt: 2 })).hostAt).toBe(2);
  });

  it.each([
    `${NAME}=mine; Path=/; Secure`,
    `  ${NAME} = mine`,
    `=${NAME}=mine`,
    `${NAME}; Max-Age=0`,
    `${NAME}=; Expires=Thu, 01 Jan 1970 00:00:00 GMT`,
  ])("no response sets or ends it: %s", (line) => {
    const { lastWord } = door.behind(exchange([]));
    expect(lastWord?.(["Set-Cookie", "a=b", "set-cookie", line])).toEqual(["Set-Cookie", "a=b"]);
  });
});

describe("At the door", () => {
  function paired() {
    const { pairing, door } = newDoor();
    const token = pairing.issue(60_000);
    const answer = door.answer(exchange([], { target: `/.devtls/pair/${token}` }));
    const session = /=([\w-]+);/.exec(answer?.headers?.at(-1) ?? "")?.[1] ?? "";
    return { pairing, door, token, answer, cookie: ["Cookie", `${NAME}=${session}`] };
  }

  it("a token lets a browser in, which is led to the app", () => {
    const { door, answer, cookie } = paired();
    expect(answer).toMatchObject({ status: 303 });
    expect(answer?.headers).toContain("https://192.168.77.1:8443/");
    expect(door.answer(exchange(cookie))).toBeUndefined();
    expect(door.answer(exchange([]))).toMatchObject({ status: 403 });
  });

  it("a browser that only looks ahead does not use it up", () => {
    const { pairing, door } = newDoor();
    const target = `/.devtls/pair/${pairing.issue(60_000)}`;
    const ahead = exchange(["Sec-Purpose", "prefetch;prerender"], { target });
    expect(door.answer(ahead)).toMatchObject({ status: 503 });
    expect(door.answer(exchange([], { target, method: "HEAD" }))).toMatchObject({ status: 403 });
    expect(door.answer(exchange([], { target }))).toMatchObject({ status: 303 });
  });

  it("a paired browser goes to another name of this machine, with its path, and to no other", () => {
    const { door, cookie } = paired();
    const go = exchange(cookie, { target: "/.devtls/to/shop.local//evil.example/x?y=1" });
    const [, location = ""] = door.answer(go)?.headers ?? [];
    expect(location).toMatch(/^https:\/\/shop\.local:8443\/\.devtls\/pair\/[\w-]{22}$/);
    const target = new URL(location).pathname;
    const arrived = door.answer(exchange([], { target, host: "shop.local:8443" }));
    expect(arrived?.headers).toContain("https://shop.local:8443//evil.example/x?y=1");
    for (const name of ["evil.example", "evil.local", "192.168.77.66", "shop.local:9", "%2e"]) {
      const away = exchange(cookie, { target: `/.devtls/to/${name}/` });
      expect(door.answer(away)).toMatchObject({ status: 404 });
    }
  });

  it("who opens the other name is led there and back only where that address has paired", () => {
    const { door } = paired();
    const navigate = ["Sec-Fetch-Mode", "navigate"];
    const open = (address: string) =>
      exchange(navigate, {
        ...{ host: "shop.local:8443", target: "/cart" },
        connection: { scheme: "https", address, clientPort: 1, port: 8443, fromLan: true },
      });
    expect(door.answer(open(PHONE))?.headers).toContain(
      "https://192.168.77.1:8443/.devtls/to/shop.local/cart",
    );
    expect(door.answer(open("192.168.77.3"))).toMatchObject({ status: 403 });
    // Without the cookie the way ends there.
    const stranger = exchange(navigate, { target: "/.devtls/to/shop.local/cart" });
    expect(door.answer(stranger)).toMatchObject({ status: 403 });
  });
});
