/** Where our reader and Node's client part, each with its reason. */

/** What Node makes sense of, and devtls answers with a 502. */
export const STRICTER: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ["000", "099"].map((status) => [
      `status line "HTTP/1.1 ${status} No"`,
      "a status is 100 to 999 (RFC 9110 15); HTTP/2 cannot carry another one",
    ]),
  ),
  'status line "HTTP/1.1 200 O\\u0000K"': "no control characters in a reason (RFC 9112 4)",
  'status line "HTTP/1.1 200 O\\u0001K"': "no control characters in a reason (RFC 9112 4)",
  'status line "HTTP/2.0 200 OK"': "HTTP/2 is not spoken in this form, whatever follows",
  'status line "HTTP/0.9 200 OK"': "HTTP/0.9 has no status line",
  "chunked twice in two lines": "two readers could take the second one off or not",
  "chunked in HTTP/1.0": "a faulty message (RFC 9112 6.1); an HTTP/1.0 reader waits for the end",
  "an empty line before the head": "allowed before a request only (RFC 9112 2.2)",
  ...Object.fromEntries(
    ["gzip", "xchunked", "chunked, gzip", "gzip, chunked", "chunked, chunked", "identity", ""].map(
      (coding) => [
        `Transfer-Encoding ${JSON.stringify(coding)}`,
        "only chunked is asked for, so that only chunked can come (RFC 9112 7.4)",
      ],
    ),
  ),
  'Transfer-Encoding "chunked;q=1"': "no transfer coding is named so",
};

const EXCESS =
  "the response is whole; what follows is dropped, and the connection carries no other request";

/** What Node refuses and our reader takes. */
export const MILDER: Readonly<Record<string, string>> = {
  'chunk size "a ;spaced"': "blanks may stand before an extension (RFC 9112 7.1.1)",
  'chunk size "a  "': "servers that pad sizes exist, and no reader sees another size",
  ...Object.fromEntries(
    ["junk", "HTTP/1.1 2", "\0"].flatMap((rest) =>
      ["a length", "chunks", "204", "304", "a HEAD's head"].map((what) => [
        `${JSON.stringify(rest)} behind ${what}`,
        EXCESS,
      ]),
    ),
  ),
};
