/** An app that wants https and says nothing of a proxy. */
const cookie = require("@fastify/cookie");
const session = require("@fastify/session");
const { fastify: Fastify } = require("fastify");

const app = Fastify();
// The fix goes above.

app.addContentTypeParser(
  "application/x-www-form-urlencoded",
  { parseAs: "string" },
  (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(body))),
);
app.register(cookie);
if (process.env.CONFIGURATION === "forced") {
  app.addHook("onRequest", async (request, reply) => {
    if (request.protocol === "https") return undefined;
    return reply.redirect(`https://${request.headers.host}${request.url}`, 301);
  });
}
app.register(session, {
  secret: "not a secret: it signs the sessions of one test",
  saveUninitialized: false,
  cookie: { secure: true, sameSite: "lax" },
});

app.get("/", async (request, reply) => {
  const user = request.session.get("user");
  return user ? `Hello, ${user}` : reply.redirect("/login");
});
app.get("/login", async (_request, reply) =>
  reply.type("text/html").send('<form method="post"><input name="user"></form>'),
);
app.post("/login", async (request, reply) => {
  request.session.set("user", request.body.user);
  return reply.redirect("/");
});

app.listen({ port: Number(process.env.PORT), host: "127.0.0.1" });
