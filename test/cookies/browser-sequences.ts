/** Several responses from several origins, then what each of some origins is sent. */
import type { OriginName } from "./browser-cases.js";

export interface Sequence {
  readonly name: string;
  readonly steps: readonly (readonly [at: OriginName, ...lines: string[]])[];
  readonly ask: readonly OriginName[];
}

const SECURE = "https://app.devtls.test";
const PLAIN = "http://app.devtls.test";
const BOTH: readonly OriginName[] = [SECURE, PLAIN];
const LOCAL: readonly OriginName[] = ["https://localhost", "http://localhost"];

export const SEQUENCES: readonly Sequence[] = [
  {
    name: "a Secure cookie goes over https only",
    steps: [[SECURE, "a=1; Secure", "b=2"]],
    ask: BOTH,
  },
  {
    name: "http does not overwrite a Secure cookie",
    steps: [
      [SECURE, "a=1; Secure; Path=/"],
      [PLAIN, "a=2; Path=/"],
    ],
    ask: BOTH,
  },
  {
    name: "http does not shadow a Secure cookie from below",
    steps: [
      [SECURE, "a=1; Secure; Path=/a"],
      [PLAIN, "a=2; Path=/a/b"],
    ],
    ask: BOTH,
  },
  {
    name: "http may set one above a Secure cookie",
    steps: [
      [SECURE, "a=1; Secure; Path=/a"],
      [PLAIN, "a=2; Path=/"],
    ],
    ask: BOTH,
  },
  {
    name: "http does not shadow a Secure cookie by its domain",
    steps: [
      [SECURE, "a=1; Secure; Path=/; Domain=devtls.test"],
      [PLAIN, "a=2; Path=/"],
    ],
    ask: BOTH,
  },
  {
    name: "http does not shadow a Secure cookie of the host from the domain",
    steps: [
      [SECURE, "a=1; Secure; Path=/"],
      [PLAIN, "a=2; Path=/; Domain=devtls.test"],
    ],
    ask: BOTH,
  },
  {
    name: "http does not delete a Secure cookie",
    steps: [
      [SECURE, "a=1; Secure; Path=/"],
      [PLAIN, "a=; Path=/; Max-Age=0"],
    ],
    ask: BOTH,
  },
  {
    name: "https takes Secure away",
    steps: [
      [SECURE, "a=1; Secure; Path=/"],
      [SECURE, "a=2; Path=/"],
      [PLAIN, "a=3; Path=/"],
    ],
    ask: BOTH,
  },
  {
    name: "https adds Secure to what http set",
    steps: [
      [PLAIN, "a=1; Path=/"],
      [SECURE, "a=2; Path=/; Secure"],
    ],
    ask: BOTH,
  },
  {
    name: "one jar for http and https",
    steps: [[PLAIN, "a=1"]],
    ask: BOTH,
  },
  {
    name: "http://localhost is trusted with Secure",
    steps: [["http://localhost", "a=1; Secure"]],
    ask: LOCAL,
  },
  {
    name: "http://localhost may overwrite a Secure cookie",
    steps: [
      ["https://localhost", "a=1; Secure; Path=/"],
      ["http://localhost", "a=2; Path=/"],
    ],
    ask: LOCAL,
  },
  {
    name: "http://localhost is sent Secure cookies of https",
    steps: [["https://localhost", "a=1; Secure", "__Host-b=2; Secure; Path=/"]],
    ask: LOCAL,
  },
  {
    name: "localhost has no common cookies with what is below it",
    steps: [
      ["http://localhost", "a=1; Path=/", "b=2; Path=/; Domain=localhost"],
      ["http://app.localhost", "c=3; Path=/; Domain=localhost", "d=4; Path=/"],
    ],
    ask: ["http://localhost", "http://app.localhost"],
  },
  {
    name: "localhost and its address are two hosts",
    steps: [["http://localhost", "a=1; Path=/"]],
    ask: ["http://localhost", "http://127.0.0.1"],
  },
  {
    name: "order is by path, then by age",
    steps: [
      [SECURE, "z=1; Path=/", "y=2; Path=/a"],
      [PLAIN, "x=3; Path=/a", "w=4; Path=/a/b"],
      [SECURE, "z=1; Path=/; Secure"],
    ],
    ask: BOTH,
  },
];
