/** Requests as clients might send them, made by chance: none of them is a question of a capture. */
import type { Question, Way } from "../../src/capture/question.js";
import type { Place } from "../../src/capture/questions.js";
import { Random } from "../x509/random.js";

const ORDINARY: Readonly<Record<string, readonly string[]>> = {
  "User-Agent": ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", "okhttp/4.12.0", "Wget/1.21"],
  Accept: ["*/*", "application/json", "text/html;q=0.9, */*;q=0.1"],
  "Accept-Language": ["de-DE,de;q=0.9", "en"],
  "Accept-Encoding": ["gzip", "gzip, deflate, br", "identity"],
  Cookie: ["session=abc", "a=1; b=2; c=3", "theme=dark"],
  Referer: ["https://other.example/page?x=1"],
  Authorization: ["Bearer abc.def.ghi", "Basic YTpi"],
  "Cache-Control": ["no-cache", "max-age=0"],
  Pragma: ["no-cache"],
  DNT: ["1"],
  "X-Requested-With": ["XMLHttpRequest"],
  "X-CSRF-Token": ["t0ken"],
  "Sec-Fetch-Site": ["same-origin", "cross-site"],
  "If-None-Match": ['"v1"', 'W/"v2"'],
  Range: ["bytes=0-99"],
  Origin: ["https://other.example", "null"],
  "X-Api-Key": ["k"],
  Priority: ["u=1, i"],
  "X-Custom_Name": ["1"],
  "Save-Data": ["on"],
};

/** By which hops tell of each other; clients send them for all kinds of reasons. */
const FORWARDED: Readonly<Record<string, readonly string[]>> = {
  "X-Forwarded-For": ["198.51.100.9", "198.51.100.9, 203.0.113.4", "10.0.0.4", "2001:db8::1"],
  "X-Forwarded-Proto": ["https", "http", "wss"],
  "X-Forwarded-Host": ["www.example.org", "shop.example.org:8080"],
  "X-Forwarded-Port": ["443", "8080"],
  "X-Forwarded-Prefix": ["/app"],
  "X-Real-IP": ["198.51.100.10"],
  Forwarded: ["for=198.51.100.11;proto=https"],
  Via: ["1.1 cache.example"],
  "X-Request-ID": ["0af7651916cd43dd"],
  "CF-Connecting-IP": ["198.51.100.12"],
  "X-Forwarded-Ssl": ["on"],
};

const SEGMENTS = [
  "a",
  "index.html",
  "caf%C3%A9",
  "x y".replace(" ", "%20"),
  "~u",
  "v1.2",
  "a;b",
  "@me",
];
const QUERIES = ["", "", "?q=1", "?a=b&c=%20d", "?next=/home", "?x[]=1"];

/** Chances, of 100. */
const CHANCE = {
  ordinary: 30,
  forwarded: 10,
  http10: 5,
  upgrade: 6,
  hop: 6,
  chunked: 30,
  port: 10,
};

/** That many requests; the same ones for the same seed. */
export function randomRequests(place: Place, count: number, seed: number): Question[] {
  const random = new Random(seed);
  return Array.from({ length: count }, (_, index) => oneRequest(index, place, random));
}

function oneRequest(index: number, place: Place, random: Random): Question {
  const chance = (percent: number): boolean => random.below(100) < percent;
  const way: Way = random.pick(["tls", "tls", "tls", "http2", "http2", "plain"] as const);
  const http1 = way !== "http2";
  const old = http1 && chance(CHANCE.http10);
  const method = random.pick(["GET", "GET", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]);
  const lines: [string, string][] = [];
  const spelt = (name: string): string =>
    http1 ? random.pick([name, name, name.toLowerCase(), name.toUpperCase()]) : name.toLowerCase();
  const some = (table: Readonly<Record<string, readonly string[]>>, percent: number): void => {
    for (const [name, values] of Object.entries(table)) {
      if (chance(percent)) lines.push([spelt(name), random.pick(values)]);
    }
  };
  some(ORDINARY, CHANCE.ordinary);
  some(FORWARDED, CHANCE.forwarded);
  const upgrade = way === "tls" && !old && method === "GET" && chance(CHANCE.upgrade);
  if (upgrade) {
    lines.push([spelt("Upgrade"), "websocket"], [spelt("Connection"), "Upgrade"]);
    lines.push(["Sec-WebSocket-Key", "c29tZSByYW5kb20ga2V5IQ=="], ["Sec-WebSocket-Version", "13"]);
  } else if (http1 && chance(CHANCE.hop)) {
    lines.push([spelt("Connection"), random.pick(["keep-alive", "close"])]);
  }
  const body = ["POST", "PUT", "PATCH"].includes(method) ? "x".repeat(1 + random.below(2000)) : "";
  const chunked = body !== "" && http1 && !old && chance(CHANCE.chunked);
  if (body !== "") lines.push([spelt("Content-Type"), "application/json"]);
  if (chunked) lines.push([spelt("Transfer-Encoding"), "chunked"]);
  else if (body !== "") lines.push([spelt("Content-Length"), String(body.length)]);
  const shuffled = lines.map((line) => ({ line, at: random.below(1000) }));
  shuffled.sort((a, b) => a.at - b.at);
  const path = Array.from({ length: random.below(4) }, () => random.pick(SEGMENTS)).join("/");
  const hostname = place.authority.replace(/:\d+$/, "");
  return {
    name: `random ${index}`,
    way,
    version: http1 ? (old ? "1.0" : "1.1") : "2",
    method,
    target: `${place.base}/${path}${random.pick(QUERIES)}`,
    host: chance(CHANCE.port) ? random.pick([hostname, `${hostname}:9000`]) : place.authority,
    lines: shuffled.flatMap(({ line }) => line),
    ...(body !== "" && {
      body: chunked ? [body.slice(0, 1), body.slice(1)].filter(Boolean) : body,
    }),
    ...(chunked && { chunked }),
  };
}
