/** Octets made hostile: the same ones for the same seed. */

/** What protocols are made of, and what breaks readers of them. */
const TOKENS = [
  ...[
    "\r\n",
    "\n",
    "\r",
    "\0",
    "\t",
    " ",
    ":",
    ";",
    ",",
    "0\r\n\r\n",
    "\r\n\r\n",
    "HTTP/1.1 ",
    "HTTP/1.0 ",
  ],
  ...[
    "Content-Length: 5\r\n",
    "Content-Length: -1\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Connection: close\r\n",
  ],
  ...[
    "Connection: Upgrade\r\n",
    "Upgrade: h2c\r\n",
    "Host: x\r\n",
    "Expect: 100-continue\r\n",
    "TE: trailers\r\n",
  ],
  ...[
    "Trailer: x\r\n",
    "Keep-Alive: timeout=1\r\n",
    "ffffffff\r\n",
    "-1",
    "1e9",
    "\xff\xfe",
    "\x7f",
    "\x16\x03\x01",
  ],
  ...["100", "101", "103", "204", "304", "600", "999", "Set-Cookie: a=b\r\n", "Location: //x\r\n"],
];

/** Changes octets in one to four places: overwritten, cut, doubled, moved, or with a token put in. */
export function mutate(octets: Buffer, others: readonly Buffer[], random: () => number): Buffer {
  const below = (bound: number): number => Math.floor(random() * bound);
  let result = octets;
  for (let count = 1 + below(4); count > 0; count--) {
    const at = below(result.length + 1);
    const end = Math.min(result.length, at + 1 + below(12));
    const [before, middle, after] = [
      result.subarray(0, at),
      result.subarray(at, end),
      result.subarray(end),
    ];
    switch (below(6)) {
      case 0:
        result = Buffer.concat([before, Buffer.from([below(256)]), result.subarray(at + 1)]);
        break;
      case 1:
        result = Buffer.concat([before, after]);
        break;
      case 2:
        result = Buffer.concat([before, middle, middle, after]);
        break;
      case 3:
        result = Buffer.concat([after, middle, before]);
        break;
      case 4: {
        const other = others[below(others.length)] ?? octets;
        result = Buffer.concat([before, other.subarray(below(other.length))]);
        break;
      }
      default: {
        const token = Buffer.from(TOKENS[below(TOKENS.length)] ?? "", "latin1");
        result = Buffer.concat([before, token, result.subarray(at)]);
      }
    }
  }
  return result.subarray(0, 200_000);
}
