/** An app that wants https and says nothing of a proxy. */
const { ServerResponse } = require("node:http");
const express = require("express");
const session = require("express-session");
const { WebSocketServer } = require("ws");

const configuration = process.env.CONFIGURATION;
const options = {
  secret: "not a secret: it signs the sessions of one test",
  resave: false,
  saveUninitialized: false,
  cookie: { secure: configuration === "auto" ? "auto" : true, sameSite: "lax" },
};

const app = express();
// The fix goes above.

app.use((request, response, next) => {
  if (request.secure || configuration !== "forced") next();
  else response.redirect(301, `https://${request.headers.host}${request.originalUrl}`);
});
app.use(session(options));
app.use(express.urlencoded({ extended: false }));

app.get("/", (request, response) => {
  if (request.session.user) response.send(`Hello, ${request.session.user}`);
  else response.redirect("/login");
});
app.get("/login", (_request, response) => {
  response.send('<form method="post"><input name="user"></form>');
});
app.post("/login", (request, response) => {
  request.session.user = request.body.user;
  response.redirect("/");
});
app.get("/live", (request, response) => {
  if (!request.session.user || !request.accept) response.sendStatus(401);
  else request.accept();
});

const server = app.listen(Number(process.env.PORT), "127.0.0.1");

// Upgrades go through the app's middleware, as express-ws has it.
const sockets = new WebSocketServer({ noServer: true });
server.on("upgrade", (request, socket, head) => {
  const response = new ServerResponse(request);
  response.assignSocket(socket);
  response.on("finish", () => socket.end());
  request.accept = () => {
    response.detachSocket(socket);
    sockets.handleUpgrade(request, socket, head, (live) => live.send("Hello, live"));
  };
  app(request, response);
});
