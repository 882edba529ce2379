/** What an app is made to answer, to see what the edge makes of it. */

import type { Question, Reply } from "./question.js";
import type { Place } from "./questions.js";

/** Names that messages and connections have of their own, and those that the echo itself writes. */
const OWN = new Set([
  ...["connection", "keep-alive", "content-length", "transfer-encoding", "date", "content-type"],
  ...["cache-control", "x-devtls-report", "vary", "age", "content-encoding", "accept-ranges"],
  // It names a port of HTTP/3, which devtls does not offer.
  "alt-svc",
]);

/** Whether nothing is learnt from a response's header. */
export function isOwn(name: string): boolean {
  return OWN.has(name.toLowerCase());
}

const HSTS = "Strict-Transport-Security";

const REPLIES: readonly (readonly [name: string, reply: Reply])[] = [
  ["an ordinary response", {}],
  [
    "a response with lines of its own",
    { lines: ["ETag", "W/1", "X-App", "1", "X-Powered-By", "app"] },
  ],
  ["a response with Server", { lines: ["Server", "app/1"] }],
  [
    "a response with two cookies",
    { lines: ["Set-Cookie", "a=1", "X-Between", "1", "Set-Cookie", "b=2; Path=/; Secure"] },
  ],
  ["a response with HSTS", { lines: [HSTS, "max-age=1"] }],
  [
    "a response with lines for nginx",
    { lines: ["X-Pad", "1", "X-Accel-Expires", "0", "X-Accel-Buffering", "no"] },
  ],
  [
    "a response with lines that name the app",
    {
      lines: [
        "X-Runtime",
        "1",
        "X-AspNet-Version",
        "1",
        "X-Generator",
        "a",
        "X-Frame-Options",
        "ALLOW",
        "Via",
        "1.1 app",
        "Referrer-Policy",
        "app",
      ],
    },
  ],
  [
    "a response with policies",
    {
      lines: [
        "Content-Security-Policy",
        "app",
        "Permissions-Policy",
        "app",
        "X-Content-Type-Options",
        "app",
        "X-XSS-Protection",
        "app",
        "Access-Control-Allow-Origin",
        "https://app.example",
      ],
    },
  ],
  [
    "a redirect to its own address",
    { status: 302, lines: ["Location", "http://{target}/next?a=b"] },
  ],
  ["a redirect to its own root", { status: 302, lines: ["Location", "http://{target}/"] }],
  [
    "a redirect to its own address over https",
    { status: 302, lines: ["Location", "https://{target}/next"] },
  ],
  ["a redirect to localhost", { status: 302, lines: ["Location", "http://localhost/next"] }],
  [
    "a redirect to the public address over http",
    { status: 301, lines: ["Location", "http://{public}/next"] },
  ],
  ["a redirect elsewhere", { status: 302, lines: ["Location", "http://elsewhere.example/next"] }],
  ["a Refresh to its own address", { lines: ["Refresh", "5; url=http://{target}/next"] }],
  [
    "a Content-Location at its own address",
    { status: 201, lines: ["Content-Location", "http://{target}/next"] },
  ],
  ["a relative redirect", { status: 303, lines: ["Location", "/next"] }],
  ["a 201", { status: 201 }],
  ["a 404", { status: 404 }],
  ["a 403", { status: 403 }],
  ["a 500", { status: 500 }],
];

/** Questions about what the client gets; the edge alone answers to them. */
export function responseQuestions({ authority, home }: Place): Question[] {
  return REPLIES.map(([name, reply]) => {
    const lines = reply.lines?.map((text) => text.replaceAll("{public}", authority));
    return asked(name, { ...reply, ...(lines && { lines }) }, authority, home);
  });
}

/** The second round: does a line that the edge adds give way to the app's own? */
export function ownLineQuestions({ authority, home }: Place, names: readonly string[]): Question[] {
  return names.map((name) =>
    asked(`a response with ${name} of its own`, { lines: [name, "devtls-own"] }, authority, home),
  );
}

function asked(name: string, reply: Reply, host: string, home: string): Question {
  return {
    name,
    way: "tls",
    version: "1.1",
    method: "GET",
    target: home,
    host,
    lines: ["User-Agent", "curl/8.5.0"],
    reply,
  };
}
