/** What an app is made with shows on the straight way; an edge may hide it. */
import { expect, it } from "vitest";
import { rehearse } from "../../src/index.js";
import { startApp } from "./app.js";

/** Its mark is in no header of its own: Node adds it where the connection is kept, which nginx does not. */
const fastify = {
  status: 301,
  headers: { "Keep-Alive": "timeout=72" },
};

it("an app that one edge does not recognise gets the lines of what the control has recognised", async () => {
  const app = await startApp(({ headers: { host, connection }, path }) => ({
    ...fastify,
    headers: {
      Location: `https://${host}${path}`,
      ...(connection !== "close" && fastify.headers),
    },
  }));
  const { fixes } = await rehearse({ target: app.port, edges: ["nginx", "heroku"] });
  const ofApp = fixes.filter(({ where }) => !where.startsWith("nginx"));
  expect(ofApp).toEqual([
    {
      fix: "const app = Fastify({ trustProxy: true })",
      where: "Fastify, where the app is made",
      framework: "fastify",
      cures: ["nginx", "heroku"],
    },
  ]);
});
