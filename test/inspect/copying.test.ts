/** What is copied does the same again: the command is run, the line evaluated, the step read. */
import { createServer } from "node:http";
import { describe, expect, it } from "vitest";
import { asCurl, asFetch, asFlow, asStep } from "../../src/inspect/copying.js";
import type { Recorded } from "../../src/inspect/record.js";
import { readFlow } from "../../src/rehearse/flow.js";
import { runProgram } from "../support/cli.js";
import { atEnd } from "../support/programs.js";
import { describeWith } from "../support/tools.js";
import { recorded } from "./records.js";

interface Heard {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

const heard: Heard[] = [];
const server = createServer((request, response) => {
  const { method = "", url = "", headers } = request;
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    heard.push({ method, url, headers, body: Buffer.concat(chunks) });
    response.end("heard");
  });
});
await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
atEnd(() => {
  server.closeAllConnections();
  server.close();
});
const { port } = server.address() as { port: number };

interface Wish {
  readonly target?: string;
  readonly headers?: readonly string[];
  readonly body?: Buffer;
}

function recordOf(method: string, { target = "/", headers = [], body }: Wish = {}): Recorded {
  const plain = recorded({});
  return {
    ...plain,
    url: `http://127.0.0.1:${port}${target}`,
    asked: {
      ...plain.asked,
      ...{ method, target, headers: [...headers] },
      body: body && { chunked: false, length: body.length },
    },
    requestBody: body && { octets: body, total: body.length },
  };
}

const FORM = ["Content-Type", "application/x-www-form-urlencoded"];
const JSON_TYPE = ["Content-Type", "application/json"];

const REQUESTS: readonly (readonly [what: string, record: Recorded])[] = [
  ["a form", recordOf("POST", { headers: FORM, body: Buffer.from("a=1&b=it's") })],
  [
    "a body that begins as a file's name",
    recordOf("POST", { body: Buffer.from("@/etc/hostname") }),
  ],
  ["a body of lines", recordOf("PUT", { headers: FORM, body: Buffer.from("a\r\nb\n\n") })],
  ["a body that is no text", recordOf("POST", { body: Buffer.from([0, 255, 37, 92, 39, 10]) })],
  ["a GET with a body", recordOf("GET", { headers: JSON_TYPE, body: Buffer.from("{}") })],
  ["brackets in the query", recordOf("GET", { target: "/a?x[]=1&y={z}&r=[1-3]" })],
  ["a path with dots", recordOf("GET", { target: "/a/../b/./c" })],
  ["HEAD", recordOf("HEAD")],
  ["an empty header", recordOf("GET", { headers: ["X-Empty", "", "X-Quote", `"'$(id)\`id\``] })],
  ["cookies in crumbs", recordOf("GET", { headers: ["cookie", "a=1", "cookie", "b=2"] })],
];

describeWith(["curl"], "curl sends", () => {
  it.each(REQUESTS)("%s as it was", async (_, record) => {
    heard.length = 0;
    const outcome = await runProgram("sh", ["-c", `${asCurl(record)} --silent --show-error`]);
    expect(outcome).toMatchObject({ status: 0, stderr: "" });
    expect(heard).toHaveLength(1);
    expectSame(record);
  });
});

describe("fetch sends", () => {
  // What it cannot send at all, and what URLs are made of before it sees them.
  const possible = REQUESTS.filter(([what]) => !/GET with a body|dots|crumbs/.test(what));

  it.each(possible)("%s as it was", async (_, record) => {
    heard.length = 0;
    await new Function(`return (async () => { ${asFetch(record)} })()`)();
    expectSame(record);
  });

  it("a header of several lines as one", () => {
    const record = recordOf("GET", { headers: ["X-A", "1", "x-a", "2", "Sec-Fetch-Mode", "cors"] });
    expect(JSON.parse(/, (\{[\s\S]*\})\);$/.exec(asFetch(record))?.[1] ?? "").headers).toEqual({
      "X-A": "1, 2",
    });
  });
});

function expectSame({ asked, requestBody }: Recorded): void {
  const [{ method, url, headers, body } = {} as Heard] = heard;
  expect([method, url]).toEqual([
    asked.method,
    asked.target.replace("{z}", url.includes("{") ? "{z}" : "%7Bz%7D"),
  ]);
  expect(body).toEqual(requestBody?.octets ?? Buffer.alloc(0));
  const type = asked.headers[0] === "Content-Type" ? asked.headers[1] : undefined;
  if (type !== undefined) expect(headers["content-type"]).toBe(type);
  if (asked.headers[0] === "cookie") expect(headers.cookie).toBe("a=1; b=2");
  if (asked.headers[0] === "X-Empty") {
    expect([headers["x-empty"], headers["x-quote"]]).toEqual(["", asked.headers[3]]);
  }
}

describe("A request whose body was not kept", () => {
  const whole = recordOf("POST", { headers: FORM, body: Buffer.from("a=1") });
  const cases: readonly (readonly [string, Recorded])[] = [
    ["at all", { ...whole, requestBody: undefined }],
    ["to its end", { ...whole, requestBody: { octets: Buffer.from("a"), total: 3 } }],
  ];
  it.each(cases)("%s is not copied without it", (_, record) => {
    for (const copy of [asCurl, asFetch, asStep]) {
      expect(() => copy(record)).toThrow(/^could not copy POST \/: its body/);
    }
  });
});

describe("A flow", () => {
  const read = (steps: readonly unknown[]) =>
    readFlow({ steps }, "flow.json", (name) => `<${name}>`);

  it("takes every step that is copied", () => {
    const json = Buffer.from('{"user":{"name":"a","password":"p"},"list":[1,"b"]}');
    const records = [
      recordOf("GET", { target: "/a?b=1" }),
      recordOf("POST", { headers: FORM, body: Buffer.from("user=a&password=p&csrf_token=x") }),
      recordOf("POST", { target: "/api", headers: JSON_TYPE, body: json }),
      recordOf("PUT", { headers: ["Content-Type", "text/plain"], body: Buffer.from("hi") }),
      recordOf("DELETE", { target: "/api/1" }),
      { ...recordOf("GET", { target: "/ws" }), upgrade: "websocket" },
    ];
    const { steps } = read(records.map(asStep));
    expect(steps).toEqual([
      { kind: "get", path: "/a?b=1" },
      { kind: "submit", form: "form", fields: { user: "a", password: "<PASSWORD>" } },
      {
        ...{ kind: "request", method: "POST", path: "/api", contentType: "application/json" },
        ...{ body: '{"user":{"name":"a","password":"<PASSWORD>"},"list":[1,"b"]}', headers: {} },
      },
      {
        ...{ kind: "request", method: "PUT", path: "/", body: "hi" },
        headers: { "Content-Type": "text/plain" },
      },
      { kind: "request", method: "DELETE", path: "/api/1", headers: {} },
      { kind: "websocket", path: "/ws" },
    ]);
  });

  it("expects what the last page answered, not what it loaded, and no cached answer", () => {
    const visit = (id: number, status: number, type: string): Recorded => ({
      ...recordOf("GET", { target: `/${id}` }),
      ...{ id, chain: id, status, sent: ["Content-Type", type] },
    });
    const first = asFlow([visit(1, 200, "text/html"), visit(2, 302, "image/png")]);
    expect(first.steps).toEqual([{ get: "/1" }, { expect: { status: 200 } }]);
    expect(asFlow([visit(1, 304, "text/html")]).steps.at(-1)).toEqual({ expect: { status: 200 } });
    const hop = { ...visit(2, 200, "text/html"), chain: 1 };
    expect(asFlow([visit(1, 302, "text/html"), hop]).steps).toEqual([
      { get: "/1" },
      { expect: { status: 200 } },
    ]);
  });
});
