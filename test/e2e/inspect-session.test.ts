/** Cookies know no ports: the inspector's session stays out of an app at the same address. */
import { connect } from "node:http2";
import { request } from "node:https";
import { expect, it } from "vitest";
import { freePort, serve } from "../support/cli.js";
import { startApp } from "../support/http-app.js";
import { atEnd, temporaryHome } from "../support/programs.js";

it("an app at 127.0.0.1 is not told the session of the inspector there", async () => {
  const home = temporaryHome();
  const told: (string | undefined)[] = [];
  const app = await startApp(({ headers }, response) => {
    told.push(headers.cookie);
    response.end("fine");
  });
  const inspector = String(await freePort());
  const options = ["--target", String(app.port), "--inspect", inspector];
  const run = await serve(options, { env: home.env });
  atEnd(() => run.stop());
  const { port } = new URL(run.url);
  const secret = `__Host-devtls-inspector-${inspector}=secret`;
  const origin = `https://127.0.0.1:${port}`;

  for (const cookie of [secret, `a=1; ${secret}; b=2`]) {
    await new Promise<void>((resolve, reject) => {
      const options = { rejectUnauthorized: false, agent: false as const, headers: { cookie } };
      const sent = request(origin, options, (response) => {
        response.resume().on("end", resolve);
      });
      sent.on("error", reject).end();
    });
  }
  const session = connect(origin, { rejectUnauthorized: false });
  await new Promise<void>((resolve, reject) => {
    const stream = session.request({ ":path": "/", cookie: ["a=1", secret] });
    stream.on("error", reject).on("end", resolve).resume();
  });
  session.close();

  expect(told).toEqual([undefined, "a=1; b=2", "a=1"]);
});
