/** The trailers that an edge lets through to the app are compared like the rest of a request. */
import { once } from "node:events";
import { request } from "node:http";
import { expect, it } from "vitest";
import { readChunked } from "../../src/capture/asking/chunked.js";
import { startRecorder } from "../../src/capture/asking/recorder.js";
import { compare } from "../../src/capture/compare.js";
import { encodeControl } from "../../src/capture/control.js";
import {
  type Arrived,
  CONTROL,
  type Observation,
  type Question,
  SHOWS_ALL,
} from "../../src/capture/question.js";
import { atEnd } from "../support/programs.js";
import { TOKEN } from "./server.js";

it("the recorder keeps them, and takes the next request from behind them", async () => {
  const recorder = await startRecorder(TOKEN);
  atEnd(() => recorder.close());
  const ask = async (number: number): Promise<void> => {
    const headers = {
      [CONTROL]: encodeControl({ token: TOKEN, number, reply: {} }),
      "Transfer-Encoding": "chunked",
      Trailer: "X-Sum, X-Other",
    };
    const { port } = recorder;
    const asked = request({ host: "127.0.0.1", port, method: "POST", headers });
    asked.write("hello");
    asked.addTrailers({ "X-Sum": "1", "X-Other": "a: b" });
    asked.end();
    const [response] = await once(asked, "response");
    response.resume();
    await once(response, "end");
  };
  for (const number of [1, 2]) {
    await ask(number);
    const trailers = ["X-Sum", "1", "X-Other", "a: b"];
    expect(recorder.take(number)).toMatchObject({ octets: 5, trailers });
  }
});

it("a body in chunks is whole with the end of its trailers, not before", () => {
  const trailers = ["X-Sum", "1"];
  const whole = `5\r\nhello\r\n6;a=b\r\n wor\r\n\r\n0\r\nX-Sum: 1\r\n\r\n`;
  for (let length = 0; length < whole.length; length++) {
    expect(readChunked(whole.slice(0, length))).toBeUndefined();
  }
  const { length } = whole;
  expect(readChunked(`${whole}POST / HTTP/1.1\r\n\r\n`)).toEqual({
    ...{ body: "hello wor\r\n", trailers, length },
  });
});

it("an edge that keeps them to itself is told from one that does not", () => {
  const arrived = { method: "POST", target: "/", version: "1.1", lines: [], octets: 5 };
  const with1 = observed({ ...arrived, trailers: ["X-Sum", "1"] });
  const without = observed(arrived);
  const sides = { shows: SHOWS_ALL, realTarget: "", simulatedTarget: "", known: true };
  expect(compare(with1, with1, sides)).toBeUndefined();
  expect(compare(without, with1, sides)).toMatchObject({
    real: [],
    simulated: ["trailer X-Sum: 1"],
  });
  const shows = { ...SHOWS_ALL, trailers: false };
  expect(compare(without, with1, { ...sides, shows })).toBeUndefined();
});

function observed(arrived: Arrived): Observation {
  const question: Question = {
    ...{ name: "trailers", way: "tls", version: "1.1", method: "POST", target: "/" },
    ...{ host: "app.test", lines: [] },
  };
  return { question, clientAddress: "127.0.0.1", clientPort: 1, port: 2, arrived };
}
