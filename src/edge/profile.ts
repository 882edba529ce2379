/** What a production edge does between a client and an app: the shape of a profile. */

/**
 * How sure a statement is: captured from the running software, documented by its vendor (or read
 * in its source), or neither.
 */
export type Evidence = "captured" | "documented" | "unverified";

/**
 * `set` overwrites what the client sent, `append` adds to its last value after a comma,
 * `append-line` adds a line of its own, `pass` forwards what the client sent, `strip` removes it.
 */
type Operation = "set" | "append" | "append-line" | "pass" | "strip";

export interface HeaderRule {
  /** With `strip` it may end in "*": every name that begins so. */
  readonly name: string;
  readonly op: Operation;
  /** Text with placeholders in braces; placeholders.ts lists them. */
  readonly value?: string;
  /**
   * Of `append`: stands between the client's value and the edge's where the client's is not empty.
   * Left out, ", " stands there in any case.
   */
  readonly glue?: "," | ", ";
  /**
   * The rule holds only for requests that came this way; else the client's line passes, or what a
   * rule of the same name for the other scheme says.
   */
  readonly when?: "https" | "http" | "http/1" | "http/2" | "own-origin";
  /** The rule does not hold where the client sent one of these (lower case). */
  readonly unless?: readonly string[];
  /** The rule does not hold for these methods. */
  readonly notFor?: readonly string[];
  /**
   * The rule holds only where the client sent this (lower case); `{sent}` is what it sent. Where the
   * value comes out empty there is no line.
   */
  readonly from?: string;
  /**
   * What the value is instead where the client sent something else that decides it, as `map` of
   * nginx has it; the first case that holds.
   */
  readonly cases?: readonly HeaderCase[];
  /** General knowledge or other people's request dumps, whatever the profile's evidence is. */
  readonly unverified?: boolean;
}

/** A value that hangs on a header of the client's. */
export interface HeaderCase {
  /** The header (lower case); the case holds where the client sent it with a value. */
  readonly from: string;
  /** Only with one of these values, letter by letter. */
  readonly is?: readonly string[];
  /**
   * As a rule's; `{sent}` is what the client sent there. Where it comes out empty there is no line,
   * and where no case holds and the rule's own value is empty neither.
   */
  readonly value: string;
}

/** A header that a trusted hop is believed to name the client in (`real_ip_header`). */
export interface ClientFrom {
  /** In lower case. */
  readonly header: string;
  /** Of several addresses; `last-public`: the last that is not private (`real_ip_recursive`). */
  readonly take: "first" | "last" | "last-public";
}

/** What `Host` says to the app. */
export type HostRule =
  | "keep"
  /** As the client named it, in lower case and without the port. */
  | "hostname"
  /** As the client named it; without a port there, the listener's, unless that is 443 or 80. */
  | "with-port"
  /** The app's own address, as the edge was configured with it. */
  | "target"
  /** "localhost" and the app's port. */
  | "localhost";

/** The parts of a request head, in the order in which the edge writes them. */
export type HeadPart =
  | "host"
  | "user-agent"
  | "edge"
  | "client"
  /** `client` and `edge` together, by name. */
  | "sorted"
  | "framing"
  /** Connection, and what goes with it; Upgrade too, where it has no part of its own. */
  | "connection"
  | "upgrade"
  /** What the edge's HTTP client adds at the very end. */
  | "late";

export interface ToApp {
  readonly host: HostRule;
  /** `client`: the version that the client spoke. */
  readonly version: "1.0" | "1.1" | "client";
  /**
   * The Connection line; none where it is undefined. `client`: as the client wrote it, for upgrades
   * too (`$http_connection` of nginx).
   */
  readonly connection?: string;
  /** The Connection line of a request that asks for an upgrade; "Upgrade" unless told otherwise. */
  readonly upgradeConnection?: string;
  /** Parts of the head, and names of headers that stand by themselves, not among `edge`. */
  readonly order: readonly (HeadPart | (string & {}))[];
  /** `lower-client`: what the client sent is in lower case, what the edge writes is not. */
  readonly names: "keep" | "lower" | "lower-client" | "canonical";
  /** Names that came over HTTP/2, which has them in lower case. */
  readonly http2Names: "keep" | "canonical";
  /** Content-Length stands in the part `framing`, not where the client had it. */
  readonly movesLength: boolean;
  /** Several lines of one name become one, with commas. */
  readonly mergesLines: boolean;
  /** What is set or appended stands where the client's line stood, not among the edge's own. */
  readonly appendsInPlace: boolean;
  /** Drops names with anything but letters, digits and hyphens in them. */
  readonly dropsOddNames: boolean;
  /** Drops names that are those of the edge's own rules but for underscores. */
  readonly dropsTwins: boolean;
  /**
   * `drop`: without the client's hop-by-hop lines and what Connection names (RFC 9110 7.6.1).
   * `by-name`: as nginx, without Connection, Keep-Alive, TE, Upgrade and Transfer-Encoding, but
   * with what Connection names. `in-place`: as HAProxy, every line stays where the client has it,
   * Host too; only `close` and `keep-alive` are the edge's own. `copied`: as node-http-proxy, every
   * line passes but Connection, in lower case and from the last to the first. `keep`: as behind a
   * load balancer of TCP, every line as the client wrote it.
   */
  readonly hopByHop: "drop" | "by-name" | "in-place" | "copied" | "keep";
  /**
   * `TE: trailers` of a client that welcomes them. `named`: with `Connection: TE` (RFC 9110
   * 10.1.4). `bare`: as Caddy, without, and not where the client's Connection names it.
   */
  readonly te: "named" | "bare" | "drop";
  /** Asks with GET for HEAD, as edges do that want to keep the whole response (`proxy_cache`). */
  readonly headAsGet?: boolean;
  /** A target in absolute form stays so (RFC 9112 3.2.2). */
  readonly keepsAbsolute?: boolean;
  /** The beginning of the path, and what takes its place (`proxy_pass` with a path, `handle_path`). */
  readonly replacesPrefix?: readonly [from: string, to: string];
  /** Where the Cookie line of an HTTP/2 request stands. */
  readonly http2Cookie: "keep" | "last";
  /**
   * `reencode`: as Go's net/url writes the path. `normalize`: as Apache's mod_proxy does.
   * `decode`: as nginx does where proxy_pass has a path. `parse`: as node-http-proxy does.
   */
  readonly target: "keep" | "reencode" | "normalize" | "decode" | "parse";
  /** `Content-Length: 0` where a POST, PUT or PATCH has no body, and with no other method. */
  readonly sendsEmptyLength: boolean;
  /**
   * Collects a chunked body and sends it with its length. `arrived`: only one that has come as a
   * whole along with its head (`proxy_request_buffering off` of nginx), and over HTTP/2 none.
   */
  readonly buffersChunked: boolean | "arrived";
  /** Answers `Expect: 100-continue` itself instead of passing it on. */
  readonly answersExpect: boolean;
  /** Passes `Upgrade`, without which there is no WebSocket. */
  readonly passesUpgrade: boolean;
  /** The Connection line of an upgrade stands in every request (`Connection "upgrade"` of nginx). */
  readonly alwaysUpgrade?: boolean;
  /** Where the app sees the connection come from. */
  readonly source: "remote" | "loopback";
  /** The address that counts as the client's, where the client may name one. */
  readonly clientFrom?: ClientFrom;
}

/** What plain HTTP can get. */
export const PLAIN_MODES = ["redirect", "proxy", "deny"] as const;

/** Of a redirect to https (RFC 9110 15.4); 303 would turn every method into GET. */
export const REDIRECT_STATUSES = ["301", "302", "307", "308"] as const;

/** A header (lower case) with one of some values. */
export interface HeaderIs {
  readonly from: string;
  readonly is: readonly string[];
}

/** What plain HTTP gets. */
export interface PlainRule {
  readonly mode: (typeof PLAIN_MODES)[number];
  /** Of the redirect. */
  readonly status?: number;
  /** Of the redirect for methods other than GET and HEAD, where it differs. */
  readonly otherStatus?: number;
  /** HEAD is one of those others. */
  readonly otherForHead?: boolean;
  /** Only these methods are redirected; the others are proxied. */
  readonly methods?: readonly string[];
  /** Path prefixes below which nothing is redirected. */
  readonly exceptPaths?: readonly string[];
  /** What says that the client came over TLS to a hop in front: then nothing is redirected. */
  readonly unless?: HeaderIs;
  /** HTTP/1.0 clients get this instead of the redirect. */
  readonly http10Status?: number;
}

/** A bound and the status that a client gets beyond it. */
export interface Limit {
  readonly max: number;
  readonly status: number;
  /** The vendor's name for it. */
  readonly code?: string;
}

export interface Limits {
  /** Octets of the request body. */
  readonly body?: Limit;
  /** Octets of the body of a GET. */
  readonly getBody?: Limit;
  /** Octets of a body whose length the client does not say. */
  readonly unknownLength?: Limit;
  /** Octets of the request line or target. */
  readonly target?: Limit;
  /** Octets of the query. */
  readonly query?: Limit;
  /** Octets of one header line. */
  readonly header?: Limit;
  /** Octets of all header lines. */
  readonly headers?: Limit;
  /** Number of header lines. */
  readonly headerLines?: Limit;
  /** Number of addresses in X-Forwarded-For. */
  readonly forwardedFor?: Limit;
  /** Milliseconds to the first byte of the response. */
  readonly firstByte?: Limit;
  /** Milliseconds without a byte within a response, after which it is broken off. */
  readonly idleMs?: number;
}

export interface ResponseEdits {
  /** Lines that replace the app's of the same name. */
  readonly set?: readonly (readonly [name: string, value: string])[];
  /** Lines that are added where the app sent none of that name. */
  readonly fill?: readonly (readonly [name: string, value: string])[];
  /** Lines that are added beside the app's. */
  readonly add?: readonly (readonly [name: string, value: string])[];
  /** As `add`, with statuses 200, 201, 204, 206, 301 to 304, 307 and 308 only (`add_header`). */
  readonly addToGood?: readonly (readonly [name: string, value: string])[];
  readonly remove?: readonly string[];
  /** Strict-Transport-Security that the edge adds to responses over https. */
  readonly hsts?: string;
  /** A Location at the app's own address gets the public one; other URLs are left alone. */
  readonly location?: "public";
  /** The beginning of a Location, and what takes its place; the first that fits. */
  readonly relocate?: readonly (readonly [from: string, to: string])[];
  /** Other headers whose URLs are rewritten like that of Location: Refresh, Content-Location. */
  readonly relocatesAlso?: readonly string[];
}

/** How people tell this edge what apps need to know: lines ready to paste. */
export interface EdgeFixes {
  /** Where they go: "nginx, in the app's location". */
  readonly where: string;
  /** Says X-Forwarded-Proto as the browser came. */
  readonly proto?: readonly string[];
  /** Says on what a proxy before it said of the scheme. */
  readonly innerProto?: readonly string[];
  /** Passes the Host as the browser named it. */
  readonly host?: readonly string[];
  /** Passes WebSockets on. */
  readonly upgrade?: readonly string[];
  /** Passes cookies and Referer on. */
  readonly cookies?: readonly string[];
  /** Keeps the client's line of this {name} from the app. */
  readonly drop?: readonly string[];
  /** Redirects to https with method and body. */
  readonly redirect?: readonly string[];
}

/** The parts of a profile that have evidence of their own. */
export type Section = "headers" | "toApp" | "plain" | "limits" | "response";

export interface Proof {
  readonly evidence: Evidence;
  /** The software and version that was captured, or the vendor's page. */
  readonly source: string;
}

export interface EdgeProfile {
  readonly name: string;
  /** What it is, in one line. */
  readonly title: string;
  readonly headers: readonly HeaderRule[];
  readonly toApp: ToApp;
  readonly plain: PlainRule;
  readonly limits: Limits;
  readonly response: ResponseEdits;
  /** Undefined where nothing can be told it, or need be. */
  readonly fixes?: EdgeFixes;
  readonly proof: Readonly<Record<Section, Proof>>;
}

const FROM_WEAKEST: readonly Evidence[] = ["unverified", "documented", "captured"];

/** How sure a profile is as a whole: as sure as the weaker half of what it tells the app. */
export function evidenceOf({ proof }: EdgeProfile): Evidence {
  const halves = [proof.headers.evidence, proof.toApp.evidence];
  return FROM_WEAKEST.find((evidence) => halves.includes(evidence)) as Evidence;
}

/** The facts of a request that an edge goes by. */
export interface EdgeRequest {
  readonly method: string;
  /** The request target: "/path?query". */
  readonly path: string;
  readonly protocol: "HTTP/1.0" | "HTTP/1.1" | "HTTP/2";
  readonly scheme: "https" | "http";
  /** As the client named it, with the port where it gave one. */
  readonly host: string;
  readonly clientAddress: string;
  /** The other end of the connection, where `clientFrom` named somebody else. */
  readonly peerAddress?: string;
  readonly clientPort: number;
  /** The port that the client came in on. */
  readonly port: number;
  /** The app's host and port. */
  readonly target: string;
  /** The length of the body, "chunked", or undefined when there is none. */
  readonly framing: string | undefined;
  /** What the client wants to upgrade to. */
  readonly upgrade: string | undefined;
  /** The client's Connection line, for edges that pass it on. */
  readonly connection?: string | undefined;
  readonly trailersWelcome: boolean;
  /** What the client sent under the name that a rule's `from` gives. */
  readonly sent?: string;
}
