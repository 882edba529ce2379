/** What the TLS side takes and offers. */
import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import { describe, expect, it } from "vitest";
import { startBoth } from "../../support/wire-front.js";
import { Peer } from "../../support/wire-peer.js";

/** A connection that sends what is written in pieces, each when the one before it has left. */
async function inPieces(port: number, sizeOf: (sent: number) => number): Promise<Duplex> {
  const socket = connectTcp({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  let sent = 0;
  const pieces = new Duplex({
    read: () => undefined,
    write: (data: Buffer, _encoding, done) => {
      const send = (from: number): void => {
        if (from >= data.length) {
          done();
          return;
        }
        const piece = data.subarray(from, from + sizeOf(sent));
        sent += piece.length;
        socket.write(piece, () => setImmediate(send, from + piece.length));
      };
      send(0);
    },
  });
  socket.on("data", (chunk) => pieces.push(chunk));
  socket.on("end", () => pieces.push(null));
  return pieces;
}

describe("A ClientHello", () => {
  it.each([
    ["in two segments", (sent: number) => (sent === 0 ? 100 : 100_000)],
    ["octet by octet", (sent: number) => (sent < 600 ? 1 : 100_000)],
  ])("that comes %s is answered", async (_, sizeOf) => {
    const { target, front } = await startBoth();
    const socket = connectTls({
      socket: await inPieces(front.port, sizeOf),
      ca: front.root,
      servername: "localhost",
    });
    await once(socket, "secureConnect");
    const client = new Peer(socket);
    client.send(`GET / HTTP/1.1\r\nHost: ${front.authority}\r\n\r\n`);
    const app = await target.accept();
    await app.head();
    app.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    expect((await client.message()).body).toBe("ok");
  });

  it("of 1.5 KB in two segments is answered", async () => {
    const { front } = await startBoth();
    const socket = connectTls({
      socket: await inPieces(front.port, (sent) => (sent === 0 ? 1_400 : 100_000)),
      ca: front.root,
      servername: "localhost",
      // A list of protocols is the part of a ClientHello that can be made as long as wanted.
      ALPNProtocols: [
        ...Array.from({ length: 30 }, (_, index) => `x-${index}-${"y".repeat(40)}`),
        "http/1.1",
      ],
    });
    await once(socket, "secureConnect");
    expect(socket.alpnProtocol).toBe("http/1.1");
    socket.destroy();
  });
});

describe("The groups", () => {
  const handshake = async (group: string): Promise<string> => {
    const { front } = await startBoth();
    const socket = connectTls({
      port: front.port,
      host: "127.0.0.1",
      ca: front.root,
      servername: "localhost",
      ecdhCurve: group,
    });
    const outcome = await once(socket, "secureConnect").then(
      () => "agreed",
      () => "refused",
    );
    socket.destroy();
    return outcome;
  };

  it.each(["X25519", "prime256v1", "secp384r1"])("have %s", async (group) => {
    expect(await handshake(group)).toBe("agreed");
  });

  it.each(["ffdhe2048", "ffdhe8192"])("have no %s", async (group) => {
    expect(await handshake(group)).toBe("refused");
  });

  // OpenSSL has it from 3.5 on, and so has Node 24.
  it.runIf(Number.parseFloat(process.versions.openssl) >= 3.5)("have X25519MLKEM768", async () => {
    expect(await handshake("X25519MLKEM768")).toBe("agreed");
  });
});
