/** Every detector; the quick path of the diagnosis is made of what they want. */
import type { Detector } from "../detector.js";
import { contradiction } from "./contradiction.js";
import { cookieMissing } from "./cookie-missing.js";
import { cookieNotSecure } from "./cookie-not-secure.js";
import { cookieRejected } from "./cookie-rejected.js";
import { droppedBody } from "./dropped-body.js";
import { hostRefused } from "./host-refused.js";
import { hstsLockIn } from "./hsts-lock-in.js";
import { insecureLocation } from "./insecure-location.js";
import { localNetworkUrl } from "./local-network-url.js";
import { loginCookieLost } from "./login-cookie-lost.js";
import { mixedContent } from "./mixed-content.js";
import { portDropped } from "./port-dropped.js";
import { redirectLoop } from "./redirect-loop.js";
import { refusedForm } from "./refused-form.js";
import { roundTrip } from "./round-trip.js";
import { socketBypass } from "./socket-bypass.js";
import { socketRefused } from "./socket-refused.js";
import { underscoredTwin } from "./underscored-twin.js";
import { withheldAtForm } from "./withheld-at-form.js";

// In this order: what is said first is what a person reads first.
export const DETECTORS: readonly Detector[] = [
  ...[redirectLoop, roundTrip, portDropped, droppedBody],
  ...[loginCookieLost, cookieMissing, withheldAtForm],
  ...[contradiction, underscoredTwin, hostRefused, refusedForm, socketRefused],
  ...[insecureLocation, cookieRejected, cookieNotSecure, hstsLockIn],
  ...[mixedContent, localNetworkUrl, socketBypass],
] as readonly Detector[];
