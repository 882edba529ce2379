/** What a page of refusal gives as the reason, by what frameworks write into theirs. */
import { FRAMEWORKS } from "./frameworks/index.js";
import type { Framework, RefusalPage } from "./frameworks/record.js";

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
  return (own && reasonIn(page, own)) ?? firstIn(page);
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
