/** Certificate profiles (draft-ietf-acme-profiles) and for how long each is valid. */
import { DAY_MS } from "../../x509/validity.js";
import type { Settings } from "./context.js";
import { type JsonObject, optionalText } from "./json.js";
import type { Order } from "./model.js";
import { malformed, Problem } from "./problem.js";

const SHORT_LIVED_DAYS = 6;

/** Clocks of clients may run behind; what began long ago would only shorten the validity. */
const MAX_BACKDATE_MS = DAY_MS;

const PROFILES = {
  classic: "As long as devtls acme --days says",
  shortlived: `${SHORT_LIVED_DAYS} days, to rehearse short lives`,
} as const;

/** What the directory says of them. */
export const PROFILE_DESCRIPTIONS: Readonly<Record<string, string>> = PROFILES;

/** The profile that an order asks for. @throws Problem "invalidProfile" */
export function readProfile(payload: JsonObject): string {
  const name = optionalText(payload, "profile") ?? "classic";
  if (Object.hasOwn(PROFILES, name)) return name;
  throw new Problem(
    "invalidProfile",
    `there is no profile ${JSON.stringify(name.slice(0, 64))}; use ${Object.keys(PROFILES).join(" or ")}`,
  );
}

/**
 * When a certificate begins and ends to be valid, in milliseconds since 1970.
 * @throws Problem "malformed" when the order asks for a time that is not given
 */
export function validityOf(
  order: Pick<Order, "profile" | "notBefore" | "notAfter">,
  { days, weather }: Pick<Settings, "days" | "weather">,
  now: number,
): { notBefore: number; notAfter: number } {
  const short = order.profile === "shortlived" || weather.is("short-lived");
  const longest = (short ? Math.min(SHORT_LIVED_DAYS, days) : days) * DAY_MS;
  const second = Math.floor(now / 1000) * 1000;
  const notBefore = order.notBefore ?? second;
  const notAfter = order.notAfter ?? notBefore + longest;
  if (notBefore < second - MAX_BACKDATE_MS || notBefore > second + longest) {
    throw malformed("notBefore is further away than a day ago or the end of the validity");
  }
  if (notAfter <= notBefore || notAfter <= second) {
    throw malformed("notAfter is not after notBefore and now");
  }
  if (notAfter - notBefore > longest) {
    throw malformed(`certificates are valid for at most ${longest / DAY_MS} days`);
  }
  return { notBefore, notAfter };
}
