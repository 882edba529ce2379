/** What a rehearsal finds besides what the diagnosis does, for `devtls explain` and the reports. */
import { EXPLANATIONS, type Explanation } from "../diagnose/explanations.js";
import { FINDING_CODES, type FindingCode } from "../diagnose/finding.js";

const OWN_CODES = ["edge-limit", "flow-differs"] as const;

export type RehearsalCode = FindingCode | (typeof OWN_CODES)[number];

/** Every code that a command prints. */
export const ALL_CODES: readonly RehearsalCode[] = [...FINDING_CODES, ...OWN_CODES];

export const ALL_EXPLANATIONS: Readonly<Record<RehearsalCode, Explanation>> = {
  ...EXPLANATIONS,
  "edge-limit": {
    what: "A limit of the edge cut a request or a response off.",
    looks:
      "413 or 431 for what is too large, 502, 503 or 504 for what takes too long, or a download that ends early; only in production, and never in the app's own log.",
    why: "Edges bound the size of a request's head and body, how long an app may take to its first octet, and how long it may say nothing. devtls rehearse and devtls serve --simulate hold the flow to the bounds of the edge; the finding's cause is the edge's name.",
    fixes: [
      "devtls edges NAME lists the limits of the edge, and which of them can be raised",
      "nginx: client_max_body_size 50m; and proxy_read_timeout 120s;",
      "Uploads in parts, or straight to a storage service; long work in a queue, with an answer at once",
      "devtls serve --limits off shows whether anything else is wrong",
    ],
  },
  "flow-differs": {
    what: "Through the edge the flow ends otherwise than without it.",
    looks:
      "A step of the rehearsal finds another status, another path or a login page, where the app reached straight shows what was recorded.",
    why: "The control and the walk through the edge part at the named step, and no detector of devtls explains it: an edge that drops the browser's cookies (edge-drops-cookies), an app that looks at the client's address or at a header that this edge rewrites, or pages that are not the same twice.",
    fixes: [
      "devtls serve --inspect --simulate NAME shows the request as the app was told, beside any other edge",
      "CloudFront: the origin request policy AllViewer, and a cache policy without caching for pages behind a login",
      "A flow whose pages change by themselves: expect what stays, with --flow",
    ],
  },
};
