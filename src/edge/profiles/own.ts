/** The two edges that are devtls's own. */
import { captured, profile, redirect, set, strip, USUAL_FIXES } from "./build.js";

/** Every header by which an app could be told that a request was secure, or by whom it was sent. */
const TELLTALES = [
  "X-Forwarded-For",
  "X-Forwarded-Proto",
  "X-Forwarded-Host",
  "X-Forwarded-Port",
  // Other spellings of the same facts, which a client could contradict them with.
  "X-Forwarded-Ssl",
  "X-Forwarded-Scheme",
  "Forwarded",
  // Those that gunicorn believes by default, besides, …
  "X-Forwarded-Protocol",
  // … Tornado and apps behind nginx, …
  "X-Scheme",
  "X-Real-IP",
  // … Rails, …
  "Client-IP",
  // … and what stood behind Microsoft's proxies.
  "Front-End-Https",
  "X-Url-Scheme",
];

const TOLD = [
  set("X-Forwarded-For", "{client}"),
  set("X-Forwarded-Proto", "{scheme}"),
  set("X-Forwarded-Host", "{host}"),
  set("X-Forwarded-Port", "{port}"),
];

/** A variable of CGI has one name for X_Forwarded_Proto and X-Forwarded-Proto. */
const OWN_TO_APP = { source: "loopback", dropsTwins: true } as const;

const ITSELF = captured("this program");

export const devtls = profile({
  name: "devtls",
  title: "the default: the four X-Forwarded headers, none of them taken from the client",
  headers: [...TOLD, ...TELLTALES.slice(TOLD.length).map(strip)],
  toApp: OWN_TO_APP,
  plain: redirect(308),
  fixes: USUAL_FIXES,
  proof: ITSELF,
});

export const none = profile({
  name: "none",
  title: "tells the app nothing: it sees plain HTTP from a stranger",
  headers: TELLTALES.map(strip),
  toApp: OWN_TO_APP,
  plain: redirect(308),
  fixes: USUAL_FIXES,
  proof: ITSELF,
});
