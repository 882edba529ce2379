/** Amazon's edges. */
import type { HeaderRule } from "../profile.js";
import {
  append,
  documented,
  NGINX_PROXY,
  passing,
  profile,
  proxied,
  redirect,
  SECOND,
  set,
  strip,
  unverified,
} from "./build.js";

const KIB = 1024;

/** A Root of the client's stays. */
const AMZN_TRACE: readonly HeaderRule[] = [
  { ...set("X-Amzn-Trace-Id", "Root=1-{unix-hex}-{hex24}"), unless: ["x-amzn-trace-id"] },
  {
    ...set("X-Amzn-Trace-Id", "Self=1-{unix-hex}-{hex24};{sent}"),
    from: "x-amzn-trace-id",
  },
];

export const awsAlb = profile({
  name: "aws-alb",
  title: "AWS Application Load Balancer: For appended, Proto and Port set",
  headers: [
    append("X-Forwarded-For", "{client}"),
    set("X-Forwarded-Proto", "{scheme}"),
    set("X-Forwarded-Port", "{port}"),
    ...AMZN_TRACE,
    ...passing("X-Forwarded-Host", "X-Real-IP", "Forwarded"),
  ],
  toApp: { host: "with-port" },
  plain: redirect(301),
  limits: {
    target: { max: 16 * KIB, status: 414 },
    header: { max: 16 * KIB, status: 400 },
    headers: { max: 64 * KIB, status: 400 },
    forwardedFor: { max: 30, status: 463 },
    firstByte: { max: 60 * SECOND, status: 504 },
    idleMs: 60 * SECOND,
  },
  proof: documented(
    "AWS Elastic Load Balancing: HTTP headers and Application Load Balancers, request tracing, troubleshooting",
  ),
});

export const awsCloudfront = profile({
  name: "aws-cloudfront",
  title: "AWS CloudFront in front of a custom origin: no X-Forwarded-Proto, no cookies",
  headers: [
    append("X-Forwarded-For", "{client}"),
    strip("X-Forwarded-Proto"),
    set("Via", "1.1 {hex32}.cloudfront.net (CloudFront)"),
    set("X-Amz-Cf-Id", "{hex32}"),
    set("User-Agent", "Amazon CloudFront"),
    strip("X-Real-IP"),
    strip("Referer"),
    strip("Accept"),
    strip("Expect"),
    strip("Cookie"),
  ],
  toApp: { host: "target", answersExpect: true },
  plain: { ...redirect(301, 307), http10Status: 403 },
  limits: {
    getBody: { max: 0, status: 403 },
    target: { max: 8192, status: 413 },
    headers: { max: 20_480, status: 413 },
    firstByte: { max: 30 * SECOND, status: 504 },
  },
  response: {
    set: [["X-Cache", "Miss from cloudfront"]],
    add: [["Via", "1.1 devtls.cloudfront.net (CloudFront)"]],
  },
  fixes: {
    where: "CloudFront, the template of its distribution",
    proto: ["OriginCustomHeaders: [{ HeaderName: X-Forwarded-Proto, HeaderValue: https }]"],
    host: ["OriginRequestPolicyId: 216adef6-5c7f-47e4-b989-5492eafa07d3 # AllViewer"],
    cookies: ["OriginRequestPolicyId: 216adef6-5c7f-47e4-b989-5492eafa07d3 # AllViewer"],
  },
  proof: documented(
    "AWS CloudFront: request and response behavior for custom origins, using HTTPS with viewers",
  ),
});

export const awsApiGateway = profile({
  name: "aws-api-gateway",
  title: "AWS API Gateway, HTTP API: only Forwarded, no X-Forwarded header at all",
  headers: [
    strip("X-Forwarded-For"),
    strip("X-Forwarded-Proto"),
    strip("X-Forwarded-Port"),
    strip("X-Forwarded-Host"),
    set("Forwarded", "by=127.0.0.1;for={client};host={host};proto={scheme}"),
    set("Via", "HTTP/1.1 AmazonAPIGateway"),
  ],
  toApp: { host: "target" },
  plain: { mode: "deny" },
  limits: {
    body: { max: 10 * 1024 * KIB, status: 413 },
    firstByte: { max: 30 * SECOND, status: 504 },
  },
  proof: {
    ...unverified("request dumps of others: expressjs/session#886, vault-cortex#484"),
    toApp: documented("AWS re:Post: forward host header"),
  },
});

export const awsElasticBeanstalk = profile({
  name: "aws-elastic-beanstalk",
  title: "Elastic Beanstalk's nginx behind a load balancer: passes the balancer's Proto on",
  headers: [
    append("X-Forwarded-For", "{client}"),
    set("X-Real-IP", "{client}"),
    // The balancer in front of this nginx sets them, and nginx passes them.
    set("X-Forwarded-Proto", "{scheme}"),
    set("X-Forwarded-Port", "{port}"),
    ...AMZN_TRACE,
    ...passing("X-Forwarded-Host", "Forwarded"),
  ],
  toApp: { ...NGINX_PROXY, host: "hostname" },
  plain: proxied,
  limits: {
    body: { max: 1024 * KIB, status: 413 },
    firstByte: { max: 60 * SECOND, status: 504 },
  },
  proof: unverified("Amazon Linux 2 00_application.conf as four projects quote it"),
});
