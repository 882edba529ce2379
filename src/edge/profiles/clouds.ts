/** Google's and Microsoft's edges. */
import {
  append,
  documented,
  doubtful,
  MIB,
  passing,
  profile,
  redirect,
  SECOND,
  set,
  strip,
  unverified,
} from "./build.js";

const KIB = 1024;

export const googleLb = profile({
  name: "google-lb",
  title: "Google Cloud load balancer: For gets client and balancer, Proto set",
  headers: [
    append("X-Forwarded-For", "{client},127.0.0.1"),
    set("X-Forwarded-Proto", "{scheme}"),
    set("Via", "1.1 google"),
    set("X-Cloud-Trace-Context", "{hex32}/1"),
    ...passing("X-Forwarded-Host", "X-Forwarded-Port", "X-Real-IP", "Forwarded"),
  ],
  plain: redirect(301),
  limits: { firstByte: { max: 30 * SECOND, status: 504 } },
  response: { add: [["Via", "1.1 google"]] },
  proof: {
    ...unverified("others quoting Google Cloud's documentation; cloud-trace-nodejs#512"),
    limits: documented("Compute Engine API: backend service timeoutSec"),
  },
});

export const googleCloudRun = profile({
  name: "google-cloud-run",
  title: "Google Cloud Run, App Engine and Cloud Functions",
  headers: [
    append("X-Forwarded-For", "{client}"),
    set("X-Forwarded-Proto", "{scheme}"),
    doubtful(set("X-Cloud-Trace-Context", "{hex32}/1")),
    doubtful(set("Traceparent", "00-{hex32}-{hex16}-01")),
    doubtful(set("Forwarded", 'for="{client}";proto={scheme}')),
    set("X-Appengine-Country", "ZZ"),
    set("X-Appengine-Region", "?"),
    set("X-Appengine-City", "?"),
    strip("X-Google-*"),
    strip("X-Appengine-*"),
    ...passing("X-Forwarded-Host", "X-Forwarded-Port", "X-Real-IP"),
  ],
  plain: redirect(302),
  limits: {
    body: { max: 32 * MIB, status: 413 },
    firstByte: { max: 300 * SECOND, status: 504 },
  },
  proof: {
    ...documented("cloud.google.com: App Engine request headers"),
    plain: unverified("others' reports; the status is general knowledge"),
    limits: documented("cloud.google.com: request timeout; the body limit from attic#122"),
  },
});

const AZURE = unverified("AspNetCore.Docs#2384 and #9549: request dumps of others");

export const azureAppService = profile({
  name: "azure-app-service",
  title: "Azure App Service: For carries a port, X-ARR-SSL and X-AppService-Proto beside Proto",
  headers: [
    append("X-Forwarded-For", "{client-port}"),
    set("X-Forwarded-Proto", "{scheme}"),
    set("X-Forwarded-Host", "{host}"),
    set("X-AppService-Proto", "{scheme}"),
    { ...set("X-ARR-SSL", "2048|256|CN=devtls|CN=localhost"), when: "https" },
    set("X-ARR-LOG-ID", "{uuid}"),
    set("X-SITE-DEPLOYMENT-ID", "devtls"),
    set("WAS-DEFAULT-HOSTNAME", "{hostname}"),
    set("DISGUISED-HOST", "{hostname}"),
    set("X-Original-URL", "{path}"),
    set("X-WAWS-Unencoded-URL", "{path}"),
    set("X-Client-IP", "{client}"),
    set("Max-Forwards", "10"),
  ],
  plain: redirect(301),
  limits: {
    body: { max: 30_000_000, status: 413 },
    firstByte: { max: 230 * SECOND, status: 504 },
  },
  response: {
    add: [
      ["Set-Cookie", "ARRAffinity={hex32}; Path=/; HttpOnly; Secure; Domain={hostname}"],
      [
        "Set-Cookie",
        "ARRAffinitySameSite={hex32}; Path=/; HttpOnly; SameSite=None; Secure; Domain={hostname}",
      ],
    ],
  },
  proof: {
    ...AZURE,
    plain: documented("azure-docs: configure-ssl-bindings; the status is general knowledge"),
    limits: documented("azure-docs: functions-timeout-duration; AspNetCore.Docs"),
  },
});

export const azureAppGateway = profile({
  name: "azure-app-gateway",
  title: "Azure Application Gateway: For carries a port, Proto and Port set",
  headers: [
    append("X-Forwarded-For", "{client-port}"),
    set("X-Forwarded-Proto", "{scheme}"),
    set("X-Forwarded-Port", "{port}"),
    set("X-Original-Host", "{host}"),
    set("X-Original-URL", "{path}"),
    set("X-AppGW-Trace-Id", "{hex32}"),
    ...passing("X-Forwarded-Host", "X-Real-IP", "Forwarded"),
  ],
  plain: redirect(301),
  limits: {
    target: { max: 32 * KIB, status: 400 },
    headers: { max: 32 * KIB, status: 400 },
    firstByte: { max: 20 * SECOND, status: 504 },
  },
  proof: documented(
    "azure-docs: how-application-gateway-works, troubleshooting-502, application-gateway-limits",
  ),
});

export const azureFrontDoor = profile({
  name: "azure-front-door",
  title: "Azure Front Door: Proto and Host overridden, For appended, the origin's Host",
  headers: [
    append("X-Forwarded-For", "{client}"),
    set("X-Forwarded-Proto", "{scheme}"),
    set("X-Forwarded-Host", "{host}"),
    set("Via", "1.1 Azure"),
    set("X-Azure-ClientIP", "{client}"),
    set("X-Azure-SocketIP", "{client}"),
    set("X-Azure-Ref", "{hex32}"),
    set("X-Azure-RequestChain", "hops=1"),
    set("X-Azure-FDID", "{uuid}"),
    strip("X-FD-*"),
    ...passing("X-Forwarded-Port", "X-Real-IP", "Forwarded"),
  ],
  toApp: { host: "target" },
  plain: redirect(301),
  limits: {
    target: { max: 8192, status: 414 },
    query: { max: 4096, status: 414 },
    body: { max: 2048 * MIB, status: 413 },
    unknownLength: { max: 0, status: 411 },
    firstByte: { max: 30 * SECOND, status: 504 },
  },
  response: {
    add: [
      ["X-Azure-Ref", "{hex32}"],
      ["X-Cache", "CONFIG_NOCACHE"],
    ],
  },
  fixes: {
    where: "Azure CLI",
    host: [
      'az afd origin update --origin-host-header "" --origin-name APP --origin-group-name GROUP --profile-name PROFILE --resource-group RG',
    ],
  },
  proof: documented(
    "azure-docs: front-door-http-headers-protocol, front-door-url-redirect, front-door-limits, troubleshoot-issues",
  ),
});
