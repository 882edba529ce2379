/** Lines that end a failure, by where they go: of the app's framework, of the edge, of devtls. */
import type { EdgeFixes } from "../edge/profile.js";
import { USUAL_FIXES } from "../edge/profiles/build.js";
import { findProfile } from "../edge/profiles/index.js";
import type { Scene } from "./detector.js";
import type { Fix, Observation } from "./finding.js";
import { MOST_COMMON } from "./frameworks/index.js";
import type { Purpose } from "./frameworks/record.js";
import { settingsFor } from "./frameworks/settings.js";

/** Where Linux has devtls connect from in a remote edge's place. */
const REMOTE_PEER = "127.0.0.2";

/** The framework's name, or what stands for it. */
export function titleOf({ app }: Pick<Scene, "app">, otherwise: string): string {
  return app.known?.framework.title ?? otherwise;
}

/**
 * The app's own lines for a purpose; of those that run on its server, or of the most common ones,
 * each under its name, when it is not known which one it is.
 */
export function appFixes(
  purpose: Purpose,
  { url }: Pick<Observation, "url">,
  { app, edge }: Pick<Scene, "app" | "edge">,
): Fix[] {
  const peer = edge?.toApp.source === "remote" ? REMOTE_PEER : "127.0.0.1";
  const all = app.known
    ? [app.known]
    : (app.likely ?? MOST_COMMON).map((framework) => ({ framework }));
  return all.flatMap((known) => settingsFor(purpose, known, { url, peer }));
}

/** The same, but nothing where the framework is not known: a line of another one is no help. */
export function knownFixes(purpose: Purpose, seen: Pick<Observation, "url">, scene: Scene): Fix[] {
  return scene.app.known ? appFixes(purpose, seen, scene) : [];
}

/** What the edge has to be told; of the most common one where it is not known which one it is. */
export function edgeFixes(
  what: Exclude<keyof EdgeFixes, "where">,
  { target }: Pick<Observation, "target">,
  { edge }: Pick<Scene, "edge">,
): Fix[] {
  // Of a profile of the user's own nobody knows how it is configured.
  const isUnknown = edge === undefined || findProfile(edge.name) === undefined;
  const fixes = edge?.fixes ?? (isUnknown ? USUAL_FIXES : undefined);
  const lines = fixes?.[what];
  if (!fixes || !lines) return [];
  const authority = /^https?:\/\//.test(target) ? new URL(target).host : "127.0.0.1:8000";
  return [{ where: fixes.where, lines: lines.map((line) => line.replace("{target}", authority)) }];
}

/** What tells a failure of the development port from one of the app. */
export const STAND_IN: Fix = {
  where: "devtls, beside its other options",
  lines: ["devtls serve --stand-in"],
};

/** Behind every line for an edge that says nothing. */
export const NOT_NONE =
  " The line for the edge is for production: without --simulate none, devtls tells the app itself, which shows the app mended.";
