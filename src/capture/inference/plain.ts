/** What plain http gets: a redirect, the app, or nothing. */
import type { HeaderIs, PlainRule } from "../../edge/profile.js";
import { first, valuesOf } from "../../lines.js";
import type { Observation } from "../question.js";
import { whenOf } from "./infer.js";

export interface LearnedPlain {
  /** Undefined where it was not asked. */
  readonly plain?: PlainRule;
  readonly notLearned: readonly string[];
}

const ACME = "/.well-known/acme-challenge";

/**
 * Learns the rule from the questions over plain http.
 * @param known whether the edge ran from its configuration, so that all of it is known
 */
export function learnPlain(observations: readonly Observation[], known: boolean): LearnedPlain {
  const asked = observations.filter(({ question }) => question.way === "plain");
  if (asked.length === 0) {
    const why = known ? "the configuration has none" : "not asked (--http-url)";
    return { notLearned: [`plain http: ${why}`] };
  }
  const redirected = asked.filter(isRedirect);
  const arrived = asked.filter((one) => one.arrived);
  if (redirected.length === 0) {
    const mode = arrived.length > 0 ? "proxy" : "deny";
    return { plain: { mode }, notLearned: [] };
  }
  const plain = redirectRule(asked, redirected);
  return { plain, notLearned: unlearnt(asked, redirected, plain) };
}

/** Whether the edge itself sent the client to https. */
export function isRedirect({ answer, arrived }: Observation): boolean {
  if (arrived || !answer || ![301, 302, 303, 307, 308].includes(answer.status)) return false;
  return /^https:\/\//i.test(first(answer.lines, "location") ?? "");
}

function redirectRule(
  asked: readonly Observation[],
  redirected: readonly Observation[],
): PlainRule {
  const statusOf = (method: string): number | undefined =>
    redirected.find(({ question: q }) => q.method === method && q.version === "1.1")?.answer
      ?.status;
  const status = statusOf("GET") ?? (redirected[0]?.answer?.status as number);
  const others = ["POST", "PUT", "DELETE"].map(statusOf).filter((one) => one !== undefined);
  const other = others.find((one) => one !== status);
  const head = statusOf("HEAD");
  const ordinary = asked.filter(
    ({ question }) => question.version === "1.1" && !isAcme(question.target),
  );
  const methods = [...new Set(ordinary.map(({ question }) => question.method))];
  const covered = methods.filter((method) => statusOf(method) !== undefined);
  const acme = asked.find(({ question }) => isAcme(question.target));
  const old = asked.find(({ question }) => question.version === "1.0");
  const oldStatus = old && !isRedirect(old) && !old.arrived ? old.answer?.status : undefined;
  const unless = learnUnless(ordinary);
  return {
    mode: "redirect",
    status,
    ...(unless && { unless }),
    ...(other !== undefined && { otherStatus: other }),
    ...(other !== undefined && head === other && { otherForHead: true }),
    ...(covered.length < methods.length && { methods: covered }),
    ...(acme && !isRedirect(acme) && { exceptPaths: [ACME] }),
    ...(oldStatus !== undefined && oldStatus >= 400 && { http10Status: oldStatus }),
  };
}

/** What a hop in front says where the edge takes the client's connection for one of TLS. */
function learnUnless(asked: readonly Observation[]): HeaderIs | undefined {
  const passed = asked.filter(({ arrived }) => arrived !== undefined);
  const names = passed.flatMap(({ question }) => question.lines.filter((_, i) => i % 2 === 0));
  for (const name of new Set(names.map((text) => text.toLowerCase()))) {
    const said = ({ question }: Observation): string => valuesOf(question.lines, name).join(", ");
    const is = [...new Set(passed.map(said))];
    const others = asked.filter((one) => !passed.includes(one));
    const holds = !is.includes("") && !others.some((one) => is.includes(said(one)));
    if (holds && others.length > 0) return { from: name, is };
  }
  return undefined;
}

function isAcme(target: string): boolean {
  return target.startsWith(ACME);
}

/** Redirects to somewhere else than the same page, and requests that pass though others do not. */
function unlearnt(
  asked: readonly Observation[],
  redirected: readonly Observation[],
  plain: PlainRule,
): string[] {
  const list: string[] = [];
  const elsewhere = redirected.filter(({ question, answer }) => {
    const { host = "", target } = question;
    const to = (first(answer?.lines ?? [], "location") ?? "").replace(/^https:\/\/[^/?]*/i, "");
    const there = hostOf(first(answer?.lines ?? [], "location") ?? "");
    return there !== host.replace(/:\d*$/, "").toLowerCase() || (to || "/") !== target;
  });
  const [sample] = elsewhere;
  if (sample) {
    const to = first(sample.answer?.lines ?? [], "location") ?? "";
    list.push(`the redirect goes to ${to} ${whenOf(elsewhere.map(nameOf))}`);
  }
  const silent = asked.filter(
    (one) => isAcme(one.question.target) && !one.arrived && !isRedirect(one),
  );
  if (silent.length > 0) {
    list.push(`what the edge answers by itself below ${ACME} ${whenOf(silent.map(nameOf))}`);
  }
  const passed = asked.filter(({ arrived, question }) => {
    if (!arrived || isAcme(question.target)) return false;
    const { unless } = plain;
    if (unless?.is.includes(valuesOf(question.lines, unless.from).join(", "))) return false;
    return plain.methods === undefined || plain.methods.includes(question.method);
  });
  if (passed.length > 0) list.push(`plain http reaches the app ${whenOf(passed.map(nameOf))}`);
  return list;
}

function hostOf(location: string): string {
  return (/^https:\/\/([^/?#]*)/i.exec(location)?.[1] ?? "").replace(/:\d*$/, "").toLowerCase();
}

function nameOf({ question }: Observation): string {
  return question.name;
}
