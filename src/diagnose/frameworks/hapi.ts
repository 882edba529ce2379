import { type Framework, lines } from "./record.js";

const yar = (attribute: string) =>
  lines({
    line: `cookieOptions: { ...cookieOptions, ${attribute} }`,
    where: "Hapi, the options of @hapi/yar or @hapi/cookie",
  });

/** It knows nothing of proxies: who asks for the scheme asks the header. */
export const hapi: Framework = {
  name: "hapi",
  title: "Hapi",
  id: null,
  where: "Hapi, in place of request.server.info.protocol",
  matches: ({ header, page }) =>
    // What iron has sealed, for the plugins of Hapi, in its version 2.
    /^(?:crumb|session|sid)=Fe26\.2\*\*/.test(header("set-cookie")) ||
    /^\{"statusCode":\d{3},"error":"[^"]+","message":"/.test(page),
  settings: {
    trustProto: lines("request.headers['x-forwarded-proto']"),
    trustHost: lines({
      line: "request.headers['x-forwarded-host']",
      where: "Hapi, in place of request.info.host",
    }),
    secure: yar("isSecure: true"),
    "no-domain": yar("domain: null"),
    "root-path": yar("path: '/'"),
    "http-only": yar("isHttpOnly: true"),
  },
};
