/** What a page of refusal gives as the reason, by what frameworks write into theirs. */
import { FRAMEWORKS } from "./frameworks/index.js";
import type { Framework, Reason, RefusalPage } from "./frameworks/record.js";
import { shown } from "./shown.js";

export interface Said {
  readonly refusal: RefusalPage;
  /** Whose words these are, as far as is known. */
  readonly framework: Framework;
}

/**
 * The reason that a page gives, the app's own framework before others.
 * @param page the text of a refusal
 */
export function saysIn(page: string | undefined, own: Framework | undefined): Said | undefined {
  if (page === undefined || page === "") return undefined;
  return (own && reasonIn(page, own)) ?? firstIn(page) ?? inWordsOfTheField(page, own);
}

function reasonIn(page: string, framework: Framework): Said | undefined {
  const refusal = framework.refusals?.find(({ text }) => page.includes(text));
  return refusal && { refusal, framework };
}

/** Plain words before those that others write, too. */
function firstIn(page: string): Said | undefined {
  const all = FRAMEWORKS.flatMap((framework) => reasonIn(page, framework) ?? []);
  return all.find(({ refusal }) => !refusal.vague) ?? all[0];
}

/** An app of which no more is known. */
const SOME_APP: Framework = {
  ...{ name: "some-app", title: "the app", id: null, where: "the app" },
  ...{ matches: () => false, settings: {} },
};

/** How pages of apps that nobody wrote a record for put it. */
const OF_THE_FIELD: readonly (readonly [RegExp, Reason])[] = [
  [/\b(?:cs|xs)rf\b.{0,60}|\bforgery (?:token|protection).{0,40}/i, "token"],
  [/\bcross[- ](?:site|origin)\b.{0,60}/i, "origin"],
  [/\b(?:invalid|bad) origin\b|\borigin\b.{0,80}\b(?:mismatch|(?:not|does not) \w+)/i, "origin"],
];

/** Of long pages the words may be anywhere, and about anything. */
const MAX_PLAIN_PAGE = 2_000;

function inWordsOfTheField(page: string, own: Framework | undefined): Said | undefined {
  if (page.length > MAX_PLAIN_PAGE) return undefined;
  for (const [pattern, says] of OF_THE_FIELD) {
    const [found] = pattern.exec(page) ?? [];
    if (found === undefined) continue;
    // Anybody may have written that: what a terminal would act on stays out.
    const text = shown((found.split(/[<>"{}\n]/)[0] ?? "").trim());
    return { refusal: { text, says, vague: true }, framework: own ?? SOME_APP };
  }
  return undefined;
}
