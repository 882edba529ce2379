/** From pairs of what was sent and what arrived to what the edge tells the app. */
import type { ClientFrom, HeaderRule, HostRule, ToApp } from "../../edge/profile.js";
import { profile, unverified } from "../../edge/profiles/build.js";
import { eachLine, valuesOf } from "../../lines.js";
import { FORGED } from "../fields.js";
import type { Model } from "../model.js";
import type { Arrived, Observation, Shows } from "../question.js";
import { isUnpredictable, type Learned, learnRule } from "./rules.js";
import { seen } from "./seen.js";
import { type Draft, learnShape } from "./shape.js";
import { readings } from "./templates.js";
import { isStructural, type Scene, type View, viewOf } from "./views.js";

export interface ToldContext {
  readonly shows: Shows;
  /** The app's own address as the edge was told it, where that is known. */
  readonly target: string;
  readonly model: Model;
  /** Where the app saw the connection come from; undefined where that says nothing. */
  readonly source?: ToApp["source"];
}

export interface Told extends Draft {
  /** What the app is told that no profile can say, or not yet. */
  readonly notLearned: readonly string[];
}

/** What apps are told by; a profile says of each that it passes. */
const SPOKEN_OF = [
  "X-Forwarded-For",
  "X-Forwarded-Proto",
  "X-Forwarded-Host",
  "X-Forwarded-Port",
  "X-Real-IP",
  "Forwarded",
];

/** Learns what requests an app gets. */
export function learnTold(observations: readonly Observation[], context: ToldContext): Told {
  const { shows: shown, target, model } = context;
  const views = observations.flatMap((observation) =>
    observation.arrived ? [viewOf(observation as View["observation"], shown, target)] : [],
  );
  const merges = !shown.duplicates || mergesLines(views);
  const { learned: all, clientFrom } = learnRules(views, { shows: shown, target, merges });
  const learned = all.filter((one) => !isUnpredictable(one));
  const unpredictable = all.filter(isUnpredictable).map(({ rule }) => rule.name);
  const shows = {
    ...shown,
    hidden: [...shown.hidden, ...unpredictable.map((name) => name.toLowerCase())],
  };
  const host = learnHost(views);
  const headers = [...learned.map(({ rule }) => rule), ...(host.rule ? [host.rule] : [])];
  const pass = (draft: Draft) => {
    const { headers: rules, toApp } = draft;
    const trial = profile({
      name: "trial",
      title: "",
      headers: rules,
      toApp,
      plain: { mode: "proxy" },
      proof: unverified(""),
    });
    return model(trial, target);
  };
  const draft = learnShape(headers, views, shows, pass, {
    ...learnConnection(views, shows),
    ...learnPrefix(views, shows),
    ...(clientFrom && { clientFrom }),
    ...(context.source && { source: context.source }),
    ...(host.keep && { host: host.keep }),
  });
  return {
    ...tidy(draft),
    notLearned: [
      ...unpredictable.map((name) => `${name}: its value is another one each time`),
      ...leftOver(draft, learned, views, shows, pass),
    ],
  };
}

/** Whether two lines of one name became one. */
function mergesLines(views: readonly View[]): boolean {
  return views.some(({ values }) => values.get("x-twice")?.[0] === "1, 3");
}

interface Rules {
  readonly learned: readonly Learned[];
  readonly clientFrom?: ClientFrom;
}

/** Headers that a hop in front may name the client in, and which of its addresses counts. */
const CLIENT_FROM: readonly ClientFrom[] = [
  { header: "x-forwarded-for", take: "last" },
  { header: "x-forwarded-for", take: "last-public" },
  { header: "x-forwarded-for", take: "first" },
  { header: "x-real-ip", take: "last" },
  { header: "cf-connecting-ip", take: "last" },
  { header: "true-client-ip", take: "last" },
  { header: "x-client-ip", take: "last" },
];

function learnRules(views: readonly View[], scene: Scene): Rules {
  const names = namesIn(views, scene.shows);
  const learned = names.flatMap((name) => learnBySchemes(name, views, scene)).filter(spoken);
  // Only what says the client's address can hang on where that is taken from.
  const told = learned.filter(({ rule }) => JSON.stringify(rule).includes("{client"));
  if (weight(told) === 0) return { learned };
  let best: Rules & { readonly left: number } = { learned, left: weight(told) };
  for (const clientFrom of CLIENT_FROM) {
    const again = told.map(({ rule }) =>
      learnRule(rule.name, views, { ...scene, clientFrom }, false),
    );
    const left = weight(again);
    if (left >= best.left) continue;
    const replaced = learned.map((one) => again[told.indexOf(one)] ?? one);
    best = { learned: replaced, clientFrom, left };
    if (left === 0) break;
  }
  return best;
}

/** One rule, or one for each scheme where that explains more: sites on two ports are two sites. */
function learnBySchemes(name: string, views: readonly View[], scene: Scene): Learned[] {
  const whole = learnRule(name, views, scene);
  if (whole.unexplained.length === 0 || isUnpredictable(whole)) return [whole];
  const halves = (["https", "http"] as const).flatMap((when): Learned[] => {
    const own = views.filter(({ request }) => request.scheme === when);
    if (own.length === 0 || own.length === views.length) return [];
    const { rule, unexplained } = learnRule(name, own, scene);
    return [{ rule: rule.op === "pass" || rule.when ? rule : { ...rule, when }, unexplained }];
  });
  const left = halves.reduce((sum, { unexplained }) => sum + unexplained.length, 0);
  return halves.length === 2 && left < whole.unexplained.length ? halves : [whole];
}

/** How much a list of rules leaves unexplained, and, much less, how long-winded it is. */
function weight(learned: readonly Learned[]): number {
  return learned.reduce((sum, { rule, unexplained }) => {
    const words = (rule.cases?.length ?? 0) + (rule.unless?.length ?? 0);
    return sum + unexplained.length + words / 10;
  }, 0);
}

/** What is worth a rule: what is not left alone, and what apps are told by. */
function spoken({ rule, unexplained }: Learned): boolean {
  return rule.op !== "pass" || SPOKEN_OF.includes(rule.name) || unexplained.length > 0;
}

/** Every name that was sent or arrived, as the edge or the client writes it. */
function namesIn(views: readonly View[], shows: Shows): string[] {
  const names = new Map<string, string>();
  const add = (name: string): void => {
    const key = name.toLowerCase();
    if (isStructural(key) || !/^[a-z0-9-]+$/.test(key)) return;
    if (!names.has(key)) names.set(key, name);
  };
  for (const { observation, sent } of views) {
    const sentNames = new Set(sent.map((text) => text.toLowerCase()));
    eachLine(observation.arrived.lines, (name) => {
      const key = shows.case ? name.toLowerCase() : name.toLowerCase().replaceAll("_", "-");
      // As the edge itself writes it; without that, as everybody does.
      if (!sentNames.has(key)) names.set(key, shows.case ? name : spelling(key));
    });
  }
  for (const key of [...names.keys()])
    if (isStructural(key) || !/^[a-z0-9-]+$/.test(key)) names.delete(key);
  for (const { sent } of views) eachLine(sent, add);
  return [...names.values()];
}

function titled(key: string): string {
  return key.replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase());
}

/** What Connection and the version say of themselves; the rest of the shape is tried out. */
function learnConnection(views: readonly View[], shows: Shows): Partial<ToApp> {
  const learned: Record<string, unknown> = {};
  const versions = [...new Set(views.map(({ observation }) => observation.arrived.version))];
  if (shows.version && versions.length === 1) learned.version = versions[0];
  else if (shows.version) learned.version = "client";
  if (shows.hidden.includes("connection")) return learned as Partial<ToApp>;
  const value = (view: View): string | undefined => view.values.get("connection")?.join(", ");
  const asSent = views.every((view) => value(view) === view.request.connection);
  if (asSent && views.some((view) => value(view) !== undefined)) {
    const passes = views.some(({ values }) => values.has("upgrade"));
    return { ...learned, connection: "client", passesUpgrade: passes };
  }
  const upgraded = views.filter(({ values }) => values.has("upgrade"));
  const ordinary = views.filter((view) => !upgraded.includes(view));
  const usual = ordinary.map(value);
  if (usual.length > 0 && usual.every((text) => text === usual[0])) {
    if (/^upgrade$/i.test(usual[0] ?? "")) learned.alwaysUpgrade = true;
    else learned.connection = usual[0];
    if (usual[0] === "upgrade") learned.upgradeConnection = "upgrade";
  }
  if (upgraded.some((view) => value(view) === "upgrade")) learned.upgradeConnection = "upgrade";
  if (upgraded.length > 0) learned.passesUpgrade = true;
  return learned as Partial<ToApp>;
}

/** The first question asks for the place of the app itself; the others have to agree with it. */
function learnPrefix(views: readonly View[], shows: Shows): Pick<ToApp, "replacesPrefix"> {
  const [control] = views;
  if (!shows.target || !control) return {};
  const { question, arrived } = control.observation;
  const [from, to] = [question.target, arrived.target];
  if (from === to || !to.startsWith("/")) return {};
  const fitting = views.filter(
    ({ observation: one }) =>
      one.question.target.startsWith(from) && one.arrived.target.startsWith(to),
  );
  return fitting.length * 2 > views.length ? { replacesPrefix: [from, to] } : {};
}

/** Host: one of the ways that profiles know, or a text with placeholders and cases. */
function learnHost(views: readonly View[]): { keep?: HostRule; rule?: HeaderRule } {
  const asked = views.filter((view) => view.observation.question.host !== undefined);
  const plain = asked.filter(({ sent }) => valuesOf(sent, "x-forwarded-host").length === 0);
  const way = wayOf(plain);
  if (way && explains(asked, way)) return { keep: way };
  if (way) {
    const cases = [{ from: "x-forwarded-host", value: "{sent}" }];
    return { keep: way, rule: { name: "Host", op: "pass", cases } };
  }
  const of = (scheme: string): View[] => plain.filter(({ request }) => request.scheme === scheme);
  const [https, http] = [wayOf(of("https")), wayOf(of("http"))];
  const text = http && HOST_TEXTS[http];
  if (https && text !== undefined) {
    return { keep: https, rule: { name: "Host", op: "set", value: text, when: "http" } };
  }
  const [first] = plain;
  const value = first && hostOf(first);
  if (!first || value === undefined) return {};
  const fits = readings(value, first.request).find((made) => explainsAll(made, plain, hostOf));
  if (fits !== undefined) return { rule: { name: "Host", op: "set", value: fits } };
  // Whatever is left is named as not learnt.
  const counts = WAYS.map((one) => plain.filter((view) => explains([view], one)).length);
  return { keep: WAYS[counts.indexOf(Math.max(...counts))] as HostRule };
}

function hostOf(view: View): string | undefined {
  return valuesOf(view.observation.arrived.lines, "host")[0];
}

function wayOf(views: readonly View[]): HostRule | undefined {
  return views.length === 0 ? undefined : WAYS.find((way) => explains(views, way));
}

function explains(views: readonly View[], way: HostRule): boolean {
  return views.every((view) => hostOf(view) === KNOWN_HOSTS[way](view));
}

const KNOWN_HOSTS: Readonly<Record<HostRule, (view: View) => string>> = {
  keep: ({ request }) => request.host,
  hostname: ({ request }) => request.host.replace(/:\d*$/, "").toLowerCase(),
  target: ({ request }) => request.target,
  "with-port": ({ request: { host, port } }) =>
    /:\d*$/.test(host) || port === 443 || port === 80 ? host : `${host}:${port}`,
  localhost: ({ request }) => `localhost${/:\d+$/.exec(request.target)?.[0] ?? ""}`,
};

const WAYS = Object.keys(KNOWN_HOSTS) as HostRule[];

/** The same as text, for a rule of one scheme. */
const HOST_TEXTS: Readonly<Partial<Record<HostRule, string>>> = {
  keep: "{host}",
  hostname: "{hostname}",
  target: "{target}",
  localhost: "{target-localhost}",
};

function explainsAll(
  text: string,
  views: readonly View[],
  values: (view: View) => string | undefined,
): boolean {
  return views.every((view) => readings(values(view) ?? "", view.request).includes(text));
}

/** Rules in the order in which profiles have them: what writes first, then what passes or goes. */
function tidy({ headers: given, toApp }: Draft): Draft {
  const kept = given.filter((rule) => !(toApp.dropsOddNames && /[^A-Za-z0-9-]/.test(rule.name)));
  const writing = kept.filter(({ op }) => op !== "pass" && op !== "strip");
  const rest = kept.filter(({ op }) => op === "pass" || op === "strip");
  const passing = SPOKEN_OF.flatMap((name) =>
    rest.filter((rule) => rule.name === name && rule.op === "pass"),
  );
  const others = rest.filter((rule) => !passing.includes(rule));
  const headers = [...writing, ...others, ...passing];
  // An edge that passes every line on says nothing of Connection by itself.
  if (toApp.hopByHop === "keep" && toApp.connection === "client") {
    const { connection: _, ...rest } = toApp;
    return tidy({ headers, toApp: rest as ToApp });
  }
  // An edge that writes every name in one case leaves open how it is spelt in its configuration.
  if (toApp.names !== "lower") return { headers, toApp };
  return { headers: headers.map((rule) => ({ ...rule, name: spelling(rule.name) })), toApp };
}

/** A name as it is mostly written. */
function spelling(name: string): string {
  const key = name.toLowerCase();
  const known = [...FORGED.map(([other]) => other), ...SPOKEN_OF];
  return known.find((other) => other.toLowerCase() === key) ?? titled(key);
}

/** What the profile does not explain, by header where it is one, else by question. */
function leftOver(
  draft: Draft,
  learned: readonly Learned[],
  views: readonly View[],
  shows: Shows,
  pass: (draft: Draft) => (observation: Observation) => Arrived,
): string[] {
  const list: string[] = [];
  const named = new Set<Observation>();
  for (const { rule, unexplained } of learned) {
    if (unexplained.length === 0) continue;
    for (const { observation } of unexplained) named.add(observation);
    list.push(`${rule.name}: other than the profile says ${whenOf(unexplained.map(nameOf))}`);
  }
  const passing = pass(draft);
  const rest = views.filter(({ observation }) => {
    if (named.has(observation)) return false;
    const wanted = seen(observation.arrived, shows).join("\n");
    return wanted !== seen(passing(observation), shows).join("\n");
  });
  if (rest.length > 0) list.push(`the request as a whole ${whenOf(rest.map(nameOf))}`);
  return list;
}

function nameOf({ observation }: View): string {
  return observation.question.name;
}

/** All of them: whoever compares two captures goes by it. */
export function whenOf(names: readonly string[]): string {
  return `with ${names.map((name) => `"${name}"`).join(", ")}`;
}
