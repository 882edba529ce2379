/** What the inference looks at: one question as the edge got it and as the app did. */
import type { ClientFrom, EdgeRequest } from "../../edge/profile.js";
import { eachLine, first, type HeaderLines } from "../../lines.js";
import type { Arrived, Observation, Shows } from "../question.js";
import { masked, shownLines } from "./seen.js";

/** A request that reached the app. */
export interface View {
  readonly observation: Observation & { readonly arrived: Arrived };
  /** The facts that the edge could go by. */
  readonly request: EdgeRequest;
  /** What was sent, without Host. */
  readonly sent: HeaderLines;
  /** Names that Connection speaks of, lower case. */
  readonly named: readonly string[];
  /** The values that arrived by lower-case name, masked. */
  readonly values: ReadonlyMap<string, readonly string[]>;
}

/** The context of an inference. */
export interface Scene {
  readonly shows: Shows;
  /** The app's own address, as far as the edge is known to use it. */
  readonly target: string;
  /** Whether the edge makes one line of several. */
  readonly merges: boolean;
  readonly clientFrom?: ClientFrom;
}

export function viewOf(observation: View["observation"], shows: Shows, target: string): View {
  const { question, clientAddress, clientPort, port, arrived } = observation;
  const sent: HeaderLines = [...question.lines];
  const named: string[] = [];
  let upgrade: string | undefined;
  eachLine(sent, (name, value) => {
    if (name.toLowerCase() === "connection") {
      named.push(...value.split(",").map((option) => option.trim().toLowerCase()));
    }
    if (name.toLowerCase() === "upgrade") upgrade = value;
  });
  const version = question.version;
  return {
    observation,
    sent,
    named,
    request: {
      method: question.method,
      path: originForm(question.target),
      protocol: version === "2" ? "HTTP/2" : `HTTP/${version}`,
      scheme: question.way === "plain" ? "http" : "https",
      host: question.host ?? "localhost",
      clientAddress,
      clientPort,
      port,
      target,
      framing: undefined,
      upgrade: named.includes("upgrade") ? upgrade : undefined,
      connection: first(sent, "connection"),
      trailersWelcome: false,
    },
    values: valuesByName(arrived.lines, shows),
  };
}

function originForm(target: string): string {
  return target.replace(/^https?:\/\/[^/]*/i, "") || "/";
}

/** The values of each name as a runtime shows them. */
function valuesByName(lines: readonly string[], shows: Shows): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const [name, value] of shownLines(lines, shows)) {
    const key = name.toLowerCase();
    values.set(key, [...(values.get(key) ?? []), masked(value)]);
  }
  return values;
}

/** Lines that say how a message or its connection goes on; `toApp` speaks of them. */
const STRUCTURAL = new Set([
  ...["host", "connection", "content-length", "transfer-encoding", "upgrade", "te", "expect"],
  ...["keep-alive", "proxy-connection", "trailer", "http2-settings"],
]);

export function isStructural(name: string): boolean {
  return STRUCTURAL.has(name);
}
