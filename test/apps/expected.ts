/**
 * What each application does behind each edge. A cell is one visit after the other, as in
 * test/e2e/matrix/expected.ts: how it ended and what devtls said (`outcome code:cause`), then ` > `
 * and the next visit, with all that was printed in its place.
 *
 * The six edges: `devtls` tells everything and comes from this machine; `none` tells nothing;
 * `nginx-proxy-params` is what Debian ships, with the Host but not its port, and no WebSockets;
 * `heroku` tells all from an address of its own; `apache` sends its target as the Host and mends
 * Location itself; `cloudflare` is the one that most sites are behind.
 */
export const EDGES = [
  "devtls",
  "none",
  "nginx-proxy-params",
  "heroku",
  "apache",
  "cloudflare",
] as const;

export type Edge = (typeof EDGES)[number];

/** An application in one configuration, behind each edge. */
export type Row = Readonly<Record<Edge, string>>;

/** `telling` is for the edges that have no cell of their own. */
function row({ telling, ...own }: { telling: string } & Readonly<Partial<Row>>): Row {
  return { ...(Object.fromEntries(EDGES.map((edge) => [edge, telling])) as Row), ...own };
}

/** The cookie of a session without Secure, because the edge does not say that it was https. */
const UNTOLD = "cookie-not-secure:edge-sends-no-proto";

/** The same although it could know, or would not care. */
const UNSECURED = "cookie-not-secure:no-secure-attribute";

/** The address that it was installed on, which nobody else can reach. */
const OWN_ADDRESS = "insecure-location:internal-location";

/** The edge sends no X-Forwarded-Proto, and the application forces https. */
const LOOP = "open loops redirect-loop:edge-sends-no-proto";

/** Rails sends it by itself with `force_ssl`. */
const HSTS = "hsts-lock-in:include-subdomains";

/** Absolute URLs without the port, which this edge does not tell; right where the site is on 443. */
const PAGES_ON_443 = "mixed-content:harmless-on-443";
const LOGIN_ON_443 = "port-dropped:harmless-on-443";

/** The same for an application that has its address with the port written down. */
const LOOP_ON_443 = `open loops redirect-loop:harmless-on-443 > open blocked ${PAGES_ON_443} > works`;

const BY_HTTP = `works by way of http ${UNSECURED} insecure-location:http-location mixed-content:leaked-url > works`;

/** An edge that passes no WebSockets on. */
const NO_SOCKET = "live is refused websocket-refused:edge-drops-upgrade > works";

export const EXPECTED: Readonly<Record<string, Readonly<Record<string, Row>>>> = {
  WordPress: {
    // Its installer keeps the address that it was called by: http://localhost and its own port.
    "as installed": row({
      telling: `open leaves the port ${OWN_ADDRESS} > works`,
      none: `open leaves https ${OWN_ADDRESS} > works`,
      "nginx-proxy-params": `open leaves the port ${OWN_ADDRESS} > ${LOOP_ON_443}`,
      // Once its address is right, it shows that it does not know the host.
      apache: `login leaves the host insecure-location:internal-header mixed-content:blocked > open leaves the host ${OWN_ADDRESS} > works`,
    }),
    https: row({
      telling: "works",
      none: "open blocked mixed-content:blocked > works",
      "nginx-proxy-params": LOOP_ON_443,
      apache: `open leaves the host ${OWN_ADDRESS} > works`,
    }),
  },
  MediaWiki: {
    "as installed": row({ telling: `open leaves https ${OWN_ADDRESS} > works` }),
    https: row({
      telling: "works",
      none: `works ${UNTOLD} > works`,
      apache: `works ${UNTOLD} > works`,
    }),
    "forced https": row({ telling: "works", none: `${LOOP} > works`, apache: `${LOOP} > works` }),
  },
  DokuWiki: {
    "as installed": row({
      telling: "works",
      none: `works by way of http ${UNTOLD} ${UNSECURED} insecure-location:http-location mixed-content:leaked-url > works`,
      "nginx-proxy-params": `login leaves the port ${LOGIN_ON_443} > works ${PAGES_ON_443} > works`,
      apache: `works ${UNTOLD} ${UNSECURED} mixed-content:internal-url > works`,
    }),
  },
  Redmine: {
    "as installed": row({
      telling: `works ${UNSECURED} > works`,
      none: BY_HTTP,
      "nginx-proxy-params": `login leaves the port ${UNSECURED} ${PAGES_ON_443} ${LOGIN_ON_443} > works`,
      apache: BY_HTTP,
    }),
    "forced https": row({
      telling: `works ${HSTS} > works`,
      none: `${LOOP} > works ${HSTS} > works`,
      "nginx-proxy-params": `login leaves the port ${HSTS} ${PAGES_ON_443} ${LOGIN_ON_443} > works`,
      apache: `${LOOP} > works ${HSTS} > works`,
    }),
  },
  Jupyter: {
    // It refuses every host name but those of the machine itself.
    "as installed": row({
      telling: `open refused 403 host-refused:host-not-listed > works ${UNSECURED} > works`,
      "nginx-proxy-params": `open refused 403 host-refused:host-not-listed > upload refused 404 ${UNSECURED} csrf-origin-mismatch:harmless-on-443 > ${NO_SOCKET}`,
      // The one name that this edge sends is such a one, until it is told to keep the browser's.
      apache: `upload refused 404 ${UNSECURED} csrf-origin-mismatch:host > open refused 403 host-refused:host-not-listed > ${NO_SOCKET}`,
    }),
    "remote access": row({
      telling: `works ${UNSECURED} > works`,
      "nginx-proxy-params": `upload refused 404 ${UNSECURED} csrf-origin-mismatch:harmless-on-443 > ${NO_SOCKET}`,
      apache: `upload refused 404 ${UNSECURED} csrf-origin-mismatch:host > ${NO_SOCKET}`,
    }),
  },
  "Node-RED": {
    "as installed": row({
      telling: "works",
      "nginx-proxy-params": NO_SOCKET,
      apache: NO_SOCKET,
    }),
  },
};

/** How many findings a visit has in any case. @param index counts from 0 */
export function findingsOf(cell: string, index: number): number {
  return ((cell.split(" > ")[index] ?? "").match(/\w:/g) ?? []).length;
}
