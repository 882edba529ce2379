/** The differences between devtls and the real servers that are known and left, each with its reason. */

export interface Difference {
  readonly servers: readonly string[];
  readonly kinds: readonly string[];
  readonly reason: string;
}

const NGINX = ["nginx", "nginx-proxy-params"];

export const DIFFERENCES: readonly Difference[] = [
  {
    servers: NGINX,
    kinds: ["spaces around values"],
    reason:
      "nginx keeps a tab before a value; Node's parser takes it for the optional whitespace that it is (RFC 9112 5)",
  },
  {
    servers: [...NGINX, "caddy", "http-proxy"],
    kinds: ["a fragment in the target"],
    reason:
      "devtls refuses a target that is no request target (RFC 9112 3.2); Apache and HAProxy do, too",
  },
  {
    servers: ["nginx-proxy-params", "apache", "caddy"],
    kinds: ["HTTP/1.0 without Host"],
    reason: "devtls has to know the site that is asked for, and takes localhost for it",
  },
  {
    servers: ["apache"],
    kinds: ["Host with an empty port"],
    reason: "Apache refuses an empty port, which RFC 3986 3.2.3 allows",
  },
  {
    servers: ["apache"],
    kinds: [
      "Host as an IPv4 address",
      "Host as an IPv6 literal",
      "Host as an IPv6 literal without a port",
      "HTTP/2 authority as an IPv6 literal",
    ],
    reason:
      "X-Forwarded-Server is the ServerName of the configuration; devtls takes it to be the name that the client asked for",
  },
  {
    servers: ["http-proxy"],
    kinds: ["upgrade to something else"],
    reason: "http-proxy closes the connection without a word; devtls leaves the answer to the app",
  },
];
