/**
 * Mutated responses against both fronts and every edge: DEVTLS_FUZZ of them (5,000 unless told
 * otherwise) from the seed DEVTLS_FUZZ_SEED.
 */
import { describe, expect, it } from "vitest";
import { PROFILES } from "../../../src/edge/profiles/index.js";
import { randomFrom } from "../../support/random.js";
import { type Asking, over } from "./clients.js";
import { startFrontOf } from "./front.js";
import { mutate } from "./mutations.js";
import { ODD_RESPONSES } from "./responses.js";

const COUNT = Number(process.env.DEVTLS_FUZZ || 5_000);
const SEED = Number(process.env.DEVTLS_FUZZ_SEED || 1);
const EACH = Math.ceil(COUNT / PROFILES.length);

/** Exchanges under way at once on a connection of HTTP/2. */
const AT_ONCE = 8;

// The few that are large take their time each and have their own test.
const SEEDS = ODD_RESPONSES.map(({ bytes }) => Buffer.from(bytes, "latin1")).filter(
  ({ length }) => length < 4_000,
);

describe.each(PROFILES.map((edge, index) => ({ edge, name: edge.name, index })))(
  "Under $name",
  ({ edge, index }) => {
    it(
      `${EACH} mutated responses break nothing but themselves`,
      async () => {
        const random = randomFrom(SEED * 1_000 + index);
        const sent = new Map<string, Buffer>();
        const front = await startFrontOf(edge, (path) => sent.get(path));
        const ways: Asking[] = [];
        for (const open of Object.values(over)) ways.push(await open(front));
        const ask = async (number: number): Promise<string | undefined> => {
          const path = `/fuzz/${number}`;
          const seed = SEEDS[Math.floor(random() * SEEDS.length)] as Buffer;
          const bytes = mutate(seed, SEEDS, random);
          sent.set(path, bytes);
          const asking = ways[number % ways.length] as Asking;
          const got = await asking.ask(path);
          sent.delete(path);
          if (number % AT_ONCE !== 0) return undefined;
          const next = await asking.askNext("/fine");
          return next.body === "fine"
            ? undefined
            : `${JSON.stringify(bytes.toString("latin1"))} gave ${got.status}, and then ${next.status} ${next.body}`;
        };
        const problems: (string | undefined)[] = [];
        for (let number = 0; number < EACH; number += AT_ONCE) {
          const batch = Array.from({ length: Math.min(AT_ONCE, EACH - number) }, (_, at) =>
            ask(number + at),
          );
          problems.push(...(await Promise.all(batch)));
        }
        for (const asking of ways) asking.close();
        await front.close();
        expect(problems.filter((problem) => problem !== undefined)).toEqual([]);
        expect(front.defects).toEqual([]);
      },
      Math.max(60_000, EACH * 50),
    );
  },
);
