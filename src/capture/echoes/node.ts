/** The echo for Node: a handler for http, Express, Connect or Fastify's middie, or a server. */
export const NODE = `"use strict";
// devtls echo: shows who holds the token what reaches an app behind an edge. Remove it afterwards.
// A server by itself: HOST=0.0.0.0 PORT=8080 node echo.cjs
// In an app: app.use(require("./echo.cjs"));
const { createHash, timingSafeEqual } = require("node:crypto");

const TOKEN = "@TOKEN@";
const END = Date.now() + 60 * 60 * 1000;
const SHOWS = { order: true, case: true, duplicates: true, target: true, version: true, hidden: [] };

const digest = (text) => createHash("sha256").update(String(text)).digest();

function echo(request, response, next) {
  const [token, number, reply] = String(request.headers["x-devtls-echo"] || "").split(" ");
  if (Date.now() > END || !timingSafeEqual(digest(token), digest(TOKEN))) {
    if (typeof next === "function") return next();
    response.writeHead(404, { "Content-Length": 0 });
    return response.end();
  }
  let octets = 0;
  const answer = () => {
    const raw = request.rawHeaders;
    const headers = [];
    for (let i = 0; i < raw.length; i += 2) headers.push([raw[i], raw[i + 1]]);
    let wanted = {};
    try {
      wanted = reply ? JSON.parse(Buffer.from(reply, "base64url").toString("utf8")) : {};
    } catch {}
    const report = JSON.stringify({
      devtls: 1,
      number: Number(number),
      method: request.method,
      target: request.originalUrl || request.url,
      version: request.httpVersion,
      headers,
      octets,
      peer: request.socket.remoteAddress || "",
      shows: SHOWS,
    });
    const host = String(request.headers.host || "");
    const own = (wanted.lines || []).map((text) => String(text).split("{target}").join(host));
    const head = request.method === "HEAD";
    const lines = ["Content-Type", "application/json", "Cache-Control", "no-store", ...own];
    if (head) lines.push("X-Devtls-Report", Buffer.from(report).toString("base64"));
    else lines.push("Content-Length", String(Buffer.byteLength(report)));
    const send = () => {
      response.writeHead(wanted.status || 200, lines);
      if (head || !wanted.pauseMs) return void response.end(head ? undefined : report);
      response.write(report.slice(0, 1));
      setTimeout(() => response.end(report.slice(1)), Math.min(wanted.pauseMs, 10 * 60 * 1000));
    };
    setTimeout(send, Math.min(wanted.delayMs || 0, 10 * 60 * 1000));
  };
  if (request.readableEnded) {
    octets = Number(request.headers["content-length"] || 0);
    return answer();
  }
  request.on("data", (chunk) => (octets += chunk.length));
  request.on("end", answer);
}

module.exports = echo;

if (require.main === module) {
  const server = require("node:http").createServer({ requireHostHeader: false, maxHeaderSize: 131072 }, echo);
  server.listen(Number(process.env.PORT || 8080), process.env.HOST || "127.0.0.1", () => {
    const { address, port } = server.address();
    console.error("devtls echo on " + address + ":" + port + " for an hour");
  });
  setTimeout(() => process.exit(0), END - Date.now());
}
`;
