/** A program of this user asks a running inspector, with the token of its instance file. */
import { request } from "node:https";
import { DevtlsError } from "../errors.js";
import type { Instance } from "./instances.js";

const TIMEOUT_MS = 30_000;

/**
 * @param root the authority's certificate, PEM: the token goes to nobody else
 * @throws DevtlsError "request-failed", with what the inspector says
 */
export function askInspector(
  { inspector, token }: Instance,
  root: string,
  path: string,
  body?: unknown,
): Promise<unknown> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const fail = (cause: string, hint?: string): void =>
      reject(
        new DevtlsError("request-failed", cause, {
          hint: hint ?? "Is devtls serve --inspect still running?",
        }),
      );
    const sent = request(
      `${inspector}/api/${path}`,
      {
        method: text === undefined ? "GET" : "POST",
        ca: [root],
        agent: false,
        timeout: TIMEOUT_MS,
        headers: {
          Authorization: `Bearer ${token}`,
          ...(text !== undefined && { "Content-Type": "application/json" }),
        },
      },
      (response) => {
        let answer = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          answer += chunk;
        });
        response.on("error", (error) => fail(error.message));
        response.on("end", () => {
          try {
            const value = JSON.parse(answer);
            if (response.statusCode === 200) resolve(value);
            else fail(String(value.error), value.hint);
          } catch {
            fail(`could not ask the inspector: it answered ${response.statusCode}`);
          }
        });
      },
    );
    sent.on("timeout", () => sent.destroy(new Error("no answer")));
    sent.on("error", (error) => fail(`could not ask the inspector: ${error.message}`));
    sent.end(text);
  });
}
