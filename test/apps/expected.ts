/**
 * What each application does behind each edge. A cell is one visit after the other, as in
 * test/e2e/matrix/expected.ts: how it ended and what devtls said (`outcome code:cause`), then ` > `
 * and the next visit, with all that was printed in its place. `*` stands for any text.
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

/** An application in one configuration, behind those edges that make a difference to it. */
export type Row = Readonly<Partial<Record<Edge, string>>>;

/** `telling` is for those of `devtls`, `heroku` and `cloudflare` that have no cell of their own. */
function row(cells: { telling: string } & Readonly<Partial<Record<Edge, string>>>): Row {
  const { telling, ...own } = cells;
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

const BY_HTTP = `works by way of http ${UNSECURED} insecure-location:http-location mixed-content:leaked-url > works`;

export const EXPECTED: Readonly<Record<string, Readonly<Record<string, Row>>>> = {
  WordPress: {
    // Its installer keeps the address that it was called by: http://localhost and its own port.
    "as installed": {
      devtls: `open leaves the port *${OWN_ADDRESS}* > *works`,
      none: `open leaves https *${OWN_ADDRESS}* > *works`,
      // What it writes into its pages then has a port that this edge does not tell it.
      "nginx-proxy-params": `open leaves the port *${OWN_ADDRESS}* > *harmless-on-443*`,
      apache: `login leaves the host *${OWN_ADDRESS}* > *works`,
    },
    https: row({
      telling: "works",
      none: "open blocked mixed-content:blocked > works",
      "nginx-proxy-params":
        "open loops redirect-loop:harmless-on-443 > open blocked mixed-content:harmless-on-443*",
      apache: `open leaves the host *${OWN_ADDRESS}* > *works`,
    }),
  },
  MediaWiki: {
    "as installed": row({ telling: `open leaves https ${OWN_ADDRESS} > *works` }),
    https: row({
      telling: "works",
      none: `works ${UNTOLD} > works`,
      apache: `works ${UNTOLD} > works`,
    }),
    "forced https": { heroku: "works", none: `${LOOP} > works`, apache: `${LOOP} > works` },
  },
  DokuWiki: {
    "as installed": row({
      telling: "works",
      none: `works by way of http ${UNTOLD} ${UNSECURED} insecure-location:http-location mixed-content:leaked-url > works`,
      // Its pages name the site without a port, which only port 443 can mend.
      "nginx-proxy-params":
        "login leaves the port port-dropped:harmless-on-443 > works mixed-content:harmless-on-443*",
      apache: `works ${UNTOLD} ${UNSECURED} mixed-content:internal-url > works`,
    }),
  },
  Redmine: {
    "as installed": row({
      telling: `works ${UNSECURED} > works`,
      none: BY_HTTP,
      "nginx-proxy-params": `login leaves the port ${UNSECURED} mixed-content:harmless-on-443 port-dropped:harmless-on-443 > works mixed-content:harmless-on-443*`,
      apache: BY_HTTP,
    }),
    "forced https": {
      heroku: `works ${HSTS} > works`,
      none: `${LOOP} > works ${HSTS} > works`,
      "nginx-proxy-params": `login leaves the port ${HSTS} port-dropped:harmless-on-443 > works*`,
      apache: `${LOOP} > works ${HSTS} > works`,
    },
  },
  Jupyter: {
    // It refuses every host name but those of the machine itself.
    "as installed": {
      devtls: `open refused 403 host-refused:host-not-listed > works ${UNSECURED} > works`,
      cloudflare: `open refused 403 host-refused:host-not-listed > works ${UNSECURED} > works`,
    },
    "remote access": row({
      telling: "works*",
      "nginx-proxy-params": "upload refused 404 *harmless-on-443* > *works*",
      apache: "upload refused 404 *csrf-origin-mismatch:* > *works*",
    }),
  },
  "Node-RED": {
    "as installed": row({
      telling: "works",
      "nginx-proxy-params": "live is refused websocket-refused:edge-drops-upgrade > works",
      apache: "live is refused websocket-refused:edge-drops-upgrade > works",
    }),
  },
};

/** Whether what was seen is what a cell says. */
export function isAs(seen: string, cell: string): boolean {
  const literal = cell.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${literal.join(".*")}$`).test(seen);
}

/** How many findings a visit has in any case. @param index counts from 0 */
export function findingsOf(cell: string, index: number): number {
  return ((cell.split(" > ")[index] ?? "").match(/\w:/g) ?? []).length;
}
