/** What each edge does with the headers that apps go by, as its vendor says or a capture shows. */

/**
 * `set` replaces the client's, `append` adds to it, `line` adds a line beside it, `pass` forwards
 * it, `strip` removes it, `keep` sends its own where the client sent none.
 */
export type Does = "set" | "append" | "line" | "pass" | "strip" | "keep";

export interface Fact {
  readonly edge: string;
  readonly for: Does;
  readonly proto: Does;
  readonly port: Does;
  readonly host: Does;
  readonly realIp: Does;
  readonly forwarded: Does;
  /** The Host that the app gets for `app.test:8443`. */
  readonly hostLine: "app.test:8443" | "app.test" | "127.0.0.1:8000" | "localhost:8000";
  readonly version: "1.0" | "1.1" | "client";
}

const SAME = "app.test:8443";
const APP = "127.0.0.1:8000";

const rows: readonly (readonly [string, string, Fact["hostLine"], Fact["version"]])[] = [
  //                       For    Proto  Port  Host  X-Real-IP Forwarded
  ["devtls", "set set set set strip strip", SAME, "1.1"],
  ["none", "strip strip strip strip strip strip", SAME, "1.1"],
  ["heroku", "append set set pass pass pass", SAME, "1.1"],
  ["pythonanywhere", "append set pass pass set pass", SAME, "1.1"],
  ["nginx", "pass pass pass pass pass pass", APP, "1.0"],
  ["nginx-1.30", "pass pass pass pass pass pass", APP, "1.1"],
  ["nginx-proxy-params", "append set pass pass set pass", "app.test", "1.0"],
  ["apache", "append pass pass append pass pass", APP, "1.1"],
  ["haproxy", "line pass pass pass pass pass", SAME, "client"],
  ["traefik", "set set set set set pass", SAME, "1.1"],
  ["caddy", "set set pass set pass pass", SAME, "1.1"],
  ["envoy", "append set pass pass pass pass", SAME, "1.1"],
  ["aws-alb", "append set set pass pass pass", SAME, "1.1"],
  ["aws-cloudfront", "append strip pass pass strip pass", APP, "1.1"],
  ["aws-api-gateway", "strip strip strip strip pass set", APP, "1.1"],
  ["aws-elastic-beanstalk", "append set set pass set pass", "app.test", "1.1"],
  ["google-lb", "append set pass pass pass pass", SAME, "1.1"],
  ["google-cloud-run", "append set pass pass pass set", SAME, "1.1"],
  ["azure-app-service", "append set pass set pass pass", SAME, "1.1"],
  ["azure-app-gateway", "append set set pass pass pass", SAME, "1.1"],
  ["azure-front-door", "append set pass set pass pass", APP, "1.1"],
  ["cloudflare", "append set pass pass strip pass", SAME, "1.1"],
  ["cloudflare-flexible", "append set pass pass strip pass", SAME, "1.1"],
  ["fly", "append set pass pass pass pass", SAME, "1.1"],
  ["render", "append set pass pass pass pass", SAME, "1.1"],
  ["railway", "pass set pass set set pass", SAME, "1.1"],
  ["vercel", "set set set set set set", SAME, "1.1"],
  ["netlify", "set set pass pass pass pass", SAME, "1.1"],
  ["digitalocean", "set set pass pass pass pass", SAME, "1.1"],
  ["ingress-nginx", "set set set set set pass", SAME, "1.1"],
  ["iis-arr", "append pass pass pass pass pass", APP, "1.1"],
  ["http-proxy", "pass pass pass pass pass pass", SAME, "1.1"],
  ["dokku", "set set set pass pass pass", SAME, "1.1"],
  ["codespaces", "set set pass set pass pass", "localhost:8000", "1.1"],
  ["ngrok", "append append pass keep pass pass", SAME, "1.1"],
];

export const FACTS: readonly Fact[] = rows.map(([edge, does, hostLine, version]) => {
  const [forwardedFor, proto, port, host, realIp, forwarded] = does.split(" ") as [
    ...(readonly [Does, Does, Does, Does, Does, Does]),
  ];
  return { edge, for: forwardedFor, proto, port, host, realIp, forwarded, hostLine, version };
});

/** Further headers that an edge sends, and their values for a client on https. */
export const OTHERS: readonly (readonly [edge: string, header: string, value: RegExp])[] = [
  ["heroku", "X-Request-Start", /^\d{13}$/],
  ["heroku", "X-Request-Id", /^[0-9a-f-]{36}$/],
  ["heroku", "Via", /^1\.1 /],
  ["heroku", "X-Forwarded-Port", /^8443$/],
  ["apache", "X-Forwarded-Server", /^app\.test$/],
  ["apache", "X-Forwarded-Host", /^app\.test:8443$/],
  ["traefik", "X-Forwarded-Server", /./],
  ["traefik", "X-Forwarded-Port", /^8443$/],
  ["caddy", "X-Forwarded-Host", /^app\.test:8443$/],
  ["caddy", "Accept-Encoding", /^gzip$/],
  ["envoy", "X-Request-Id", /^[0-9a-f-]{36}$/],
  ["envoy", "X-Envoy-External-Address", /^203\.0\.113\.7$/],
  ["aws-alb", "X-Amzn-Trace-Id", /^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/],
  ["aws-cloudfront", "User-Agent", /^Amazon CloudFront$/],
  ["aws-cloudfront", "X-Amz-Cf-Id", /./],
  ["aws-cloudfront", "Via", /CloudFront/],
  [
    "aws-api-gateway",
    "Forwarded",
    /^by=[\d.]+;for=203\.0\.113\.7;host=app\.test:8443;proto=https$/,
  ],
  ["aws-api-gateway", "Via", /^HTTP\/1\.1 AmazonAPIGateway$/],
  ["google-lb", "X-Forwarded-For", /^203\.0\.113\.7,/],
  ["google-lb", "Via", /^1\.1 google$/],
  ["google-lb", "X-Cloud-Trace-Context", /^[0-9a-f]{32}\//],
  ["google-cloud-run", "Traceparent", /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/],
  ["google-cloud-run", "X-Appengine-Country", /./],
  ["azure-app-service", "X-Forwarded-For", /^203\.0\.113\.7:50000$/],
  ["azure-app-service", "X-AppService-Proto", /^https$/],
  ["azure-app-service", "X-ARR-SSL", /^2048\|256\|/],
  ["azure-app-service", "X-ARR-LOG-ID", /./],
  ["azure-app-service", "DISGUISED-HOST", /./],
  ["azure-app-service", "WAS-DEFAULT-HOSTNAME", /./],
  ["azure-app-service", "X-SITE-DEPLOYMENT-ID", /./],
  ["azure-app-service", "X-Original-URL", /^\/page\?a=b$/],
  ["azure-app-service", "X-WAWS-Unencoded-URL", /^\/page\?a=b$/],
  ["azure-app-service", "X-Client-IP", /./],
  ["azure-app-service", "Max-Forwards", /^\d+$/],
  ["azure-app-gateway", "X-Forwarded-For", /^203\.0\.113\.7:50000$/],
  ["azure-app-gateway", "X-Original-Host", /^app\.test:8443$/],
  ["azure-app-gateway", "X-Original-URL", /^\/page\?a=b$/],
  ["azure-app-gateway", "X-AppGW-Trace-Id", /^[0-9a-f]{32}$/],
  ["azure-front-door", "X-Forwarded-Host", /^app\.test:8443$/],
  ["azure-front-door", "Via", /^1\.1 Azure$/],
  ["azure-front-door", "X-Azure-ClientIP", /^203\.0\.113\.7$/],
  ["azure-front-door", "X-Azure-SocketIP", /^203\.0\.113\.7$/],
  ["azure-front-door", "X-Azure-RequestChain", /^hops=1$/],
  ["azure-front-door", "X-Azure-FDID", /./],
  ["cloudflare", "CF-Connecting-IP", /^203\.0\.113\.7$/],
  ["cloudflare", "CF-Visitor", /^\{"scheme":"https"\}$/],
  ["cloudflare", "CDN-Loop", /^cloudflare$/],
  ["cloudflare", "Accept-Encoding", /^br, gzip$/],
  ["cloudflare", "Connection", /^Keep-Alive$/],
  ["fly", "Fly-Client-IP", /^203\.0\.113\.7$/],
  ["fly", "Fly-Forwarded-Port", /^8443$/],
  ["fly", "X-Forwarded-SSL", /^on$/],
  ["fly", "Via", /^2 fly\.io$/],
  ["fly", "X-Forwarded-For", /^203\.0\.113\.7, [\d.]+$/],
  ["render", "X-Forwarded-For", /^203\.0\.113\.7, [\d.]+, [\d.]+$/],
  ["render", "X-Request-Start", /^\d{16}$/],
  ["render", "Render-Proxy-TTL", /^4$/],
  ["render", "Accept-Encoding", /^gzip, br$/],
  ["render", "True-Client-IP", /^203\.0\.113\.7$/],
  ["railway", "X-Forwarded-Host", /^app\.test:8443$/],
  ["railway", "X-Request-Start", /^\d{13}$/],
  ["railway", "X-Railway-Edge", /./],
  ["vercel", "X-Vercel-Id", /./],
  ["vercel", "X-Vercel-Forwarded-For", /^203\.0\.113\.7$/],
  ["vercel", "X-Forwarded-Host", /^app\.test:8443$/],
  ["netlify", "X-Nf-Client-Connection-Ip", /^203\.0\.113\.7$/],
  ["digitalocean", "Do-Connecting-Ip", /^203\.0\.113\.7$/],
  ["digitalocean", "X-Forwarded-For", /^127\.0\.0\.1$/],
  ["ingress-nginx", "X-Scheme", /^https$/],
  ["ingress-nginx", "X-Forwarded-Scheme", /^https$/],
  ["ingress-nginx", "X-Request-ID", /^[0-9a-f]{32}$/],
  ["iis-arr", "X-Forwarded-For", /^203\.0\.113\.7:50000$/],
  ["iis-arr", "X-ARR-SSL", /./],
  ["dokku", "X-Request-Start", /^\d{10}\.\d{3}$/],
  ["codespaces", "X-Forwarded-Host", /^app\.test:8443$/],
];
