/**
 * Where Chromium 156 does something else than the draft, which the module follows. Each has the
 * rule of the browser behind it; what is not listed here has to be the same.
 */
import { type OriginName, USUAL } from "./browser-cases.js";

export interface Difference {
  /** The case that shows it. */
  readonly name: string;
  readonly at: readonly OriginName[];
  /** What Chromium sends, where that is not what the module predicts. */
  readonly browser: { readonly deep?: string; readonly root?: string; readonly script?: string };
  readonly rule: string;
}

const NOTHING = { deep: "", script: "" };
const TAB = "Chromium takes a tab for a control character; the draft exempts it (5.6 step 1)";
const UTF8 = "document.cookie is text: Chromium leaves out what is not UTF-8, and still sends it";

export const DIFFERENCES: readonly Difference[] = [
  {
    name: "pair: equals signs in front",
    at: USUAL,
    browser: NOTHING,
    rule: "a nameless cookie whose value has an equals sign would come back as another cookie",
  },
  {
    name: "pair: nameless beside named",
    at: USUAL,
    browser: { deep: "a=1; y", script: "a=1; y" },
    rule: "a replaced cookie keeps its age only if its value stays the same; in the draft, always (5.7 step 23)",
  },
  { name: "pair: latin1 octets", at: USUAL, browser: { script: "" }, rule: UTF8 },
  { name: "pair: a no-break space at the end", at: USUAL, browser: { script: "" }, rule: UTF8 },
  { name: "controls: tab in the value", at: USUAL, browser: NOTHING, rule: TAB },
  { name: "controls: tab in the name", at: USUAL, browser: NOTHING, rule: TAB },
  {
    name: "Domain: one dot",
    at: ["https://app.devtls.test", "http://app.devtls.test"],
    browser: NOTHING,
    rule: "a Domain of one dot matches no host; in the draft it is an empty one (5.6.3)",
  },
  {
    name: "Domain of a single label: with __Host-",
    at: ["https://localhost", "http://localhost"],
    browser: { deep: "", root: "", script: "" },
    rule: "__Host- refuses every Domain that is not empty; the draft asks for a host-only cookie, which this one is (5.7 steps 9 and 21)",
  },
  {
    name: "lifetime: with a plus",
    at: ["https://app.devtls.test"],
    browser: NOTHING,
    rule: "Max-Age may begin with a plus; in the draft it may not (5.6.2)",
  },
  {
    name: "lifetime: Expires in 1600",
    at: ["https://app.devtls.test"],
    browser: NOTHING,
    rule: "a year before 1601 is long past; in the draft it is no date (5.1.1 step 5)",
  },
  {
    name: "lifetime: a bad one at the end",
    at: ["https://app.devtls.test"],
    browser: { deep: "a=1", script: "a=1" },
    rule: "the last Max-Age counts, also one that is no number; in the draft that one is ignored (5.6.2)",
  },
];
