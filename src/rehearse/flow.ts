/** What a visitor does: steps, or pages to start from whose links are followed. Pure. */
import { DevtlsError } from "../errors.js";

interface GetStep {
  readonly kind: "get";
  readonly path: string;
}

export interface SubmitStep {
  readonly kind: "submit";
  /** Which form: a simple selector, "form", "#login", "form[action='/login']". */
  readonly form: string;
  /** By name. */
  readonly fields: Readonly<Record<string, string>>;
  /** Recorded: what is hidden on the page (CSRF tokens) is taken from there. */
  readonly recorded?: true;
}

/** A request of a script. */
export interface RequestStep {
  readonly kind: "request";
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  readonly contentType?: string;
  readonly headers: Readonly<Record<string, string>>;
}

interface SocketStep {
  readonly kind: "websocket";
  readonly path: string;
}

interface ExpectStep {
  readonly kind: "expect";
  readonly status?: number;
  readonly text?: string;
  /** The path where the visitor is. */
  readonly path?: string;
}

export type FlowStep = GetStep | SubmitStep | RequestStep | SocketStep | ExpectStep;

export interface Flow {
  /** What errors call it. */
  readonly name: string;
  readonly steps: readonly FlowStep[];
  /** Follow links from the pages that steps open, this deep; 0 for not at all. */
  readonly depth: number;
}

/** For what changes something on the server. */
export function changesState(step: FlowStep): boolean {
  if (step.kind === "request") return !/^(?:GET|HEAD|OPTIONS)$/.test(step.method);
  return step.kind === "submit";
}

export function crawlOf(paths: readonly string[], depth: number): Flow {
  const steps = paths.map((path): GetStep => ({ kind: "get", path }));
  return { name: "the crawl", steps, depth };
}

/** "step 2 (submit form)" */
export function nameOfStep(step: FlowStep, index: number): string {
  return `step ${index + 1} (${describeStep(step)})`;
}

function describeStep(step: FlowStep): string {
  switch (step.kind) {
    case "get":
      return `get ${step.path}`;
    case "submit":
      return `submit ${step.form}`;
    case "request":
      return `${step.method} ${step.path}`;
    case "websocket":
      return `websocket ${step.path}`;
    case "expect":
      return `expect ${[step.status, step.path, step.text && JSON.stringify(step.text)].filter(Boolean).join(", ")}`;
  }
}

/** The value of a variable; undefined for one that is not set. */
export type Variable = (name: string) => string | undefined;

/**
 * Reads steps as a person writes them.
 * @param value what the file holds: `{"steps": [{"get": "/login"}, …]}`
 * @throws DevtlsError "usage" that names the field
 */
export function readFlow(value: object, file: string, variable: Variable): Flow {
  const reader = new FlowReader(file, variable);
  const { steps } = reader.object(value, "the file", ["$schema", "steps"]);
  if (!Array.isArray(steps) || steps.length === 0) throw reader.wrong("steps", "a list of steps");
  return {
    name: file,
    steps: steps.map((step, at) => reader.step(step, `steps[${at}]`)),
    depth: 0,
  };
}

const EXAMPLE =
  // biome-ignore lint/suspicious/noTemplateCurlyInString: that is how a flow names a variable
  '{"steps":[{"get":"/login"},{"submit":{"form":"form","fields":{"user":"a","password":"${PASSWORD}"}}},{"expect":{"text":"Welcome"}}]}';

/** More than a person does in one sitting, and a mistake in a recording. */
export const MAX_STEPS = 200;

class FlowReader {
  readonly #file: string;
  readonly #variable: Variable;

  constructor(file: string, variable: Variable) {
    this.#file = file;
    this.#variable = variable;
  }

  wrong(field: string, allowed: string): DevtlsError {
    return new DevtlsError("usage", `could not read ${this.#file}: ${field} has to be ${allowed}`, {
      hint: `For example: ${EXAMPLE}`,
    });
  }

  step(value: unknown, at: string): FlowStep {
    const known = ["get", "submit", "expect", "request", "websocket"] as const;
    const step = this.object(value, at, known);
    const [kind, ...more] = known.filter((name) => step[name] !== undefined);
    if (kind === undefined || more.length > 0) throw this.wrong(at, `one of ${known.join(", ")}`);
    const inner = step[kind];
    const field = `${at}.${kind}`;
    switch (kind) {
      case "get":
        return { kind, path: this.path(inner, field) };
      case "websocket":
        return { kind, path: this.path(inner, field) };
      case "submit":
        return this.#submit(inner, field);
      case "expect":
        return this.#expect(inner, field);
      case "request":
        return this.#request(inner, field);
    }
  }

  #submit(value: unknown, at: string): SubmitStep {
    const { form = "form", fields = {} } = this.object(value, at, ["form", "fields"]);
    return {
      kind: "submit",
      form: this.text(form, `${at}.form`),
      fields: this.texts(fields, `${at}.fields`),
    };
  }

  #expect(value: unknown, at: string): ExpectStep {
    const { status, text, path } = this.object(value, at, ["status", "text", "path"]);
    if (status === undefined && text === undefined && path === undefined) {
      throw this.wrong(at, "a status, a text or a path");
    }
    if (status !== undefined && !isStatus(status))
      throw this.wrong(`${at}.status`, "a status from 100 to 599");
    return {
      kind: "expect",
      ...(isStatus(status) && { status }),
      ...(text !== undefined && { text: this.text(text, `${at}.text`) }),
      ...(path !== undefined && { path: this.path(path, `${at}.path`) }),
    };
  }

  #request(value: unknown, at: string): RequestStep {
    const known = ["method", "path", "json", "body", "headers"];
    const { method = "GET", path, json, body, headers = {} } = this.object(value, at, known);
    const verb = this.text(method, `${at}.method`).toUpperCase();
    if (!/^[A-Z]{1,20}$/.test(verb) || verb === "CONNECT")
      throw this.wrong(`${at}.method`, "a method");
    if (json !== undefined && body !== undefined) throw this.wrong(at, "either json or body");
    const text = json === undefined ? body : JSON.stringify(json);
    return {
      kind: "request",
      method: verb,
      path: this.path(path, `${at}.path`),
      ...(text !== undefined && { body: this.text(text, `${at}.body`) }),
      ...(json !== undefined && { contentType: "application/json" }),
      headers: this.headers(headers, `${at}.headers`),
    };
  }

  object(value: unknown, at: string, known: readonly string[]): Record<string, unknown> {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw this.wrong(at, "an object");
    }
    const stray = Object.keys(value).find((key) => !known.includes(key));
    if (stray !== undefined) {
      const field = at === "the file" ? stray : `${at}.${stray}`;
      throw this.wrong(field, `left out; ${at} knows ${known.join(", ")}`);
    }
    return value as Record<string, unknown>;
  }

  /** With the values of the variables that it names. */
  text(value: unknown, at: string): string {
    if (typeof value !== "string") throw this.wrong(at, "a text");
    return withVariables(value, this.#variable, this.#file);
  }

  texts(value: unknown, at: string): Record<string, string> {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw this.wrong(at, "an object of texts");
    }
    const entries = Object.entries(value).map(([name, text]): [string, string] => [
      name,
      this.text(text, `${at}.${name}`),
    ]);
    return Object.fromEntries(entries);
  }

  headers(value: unknown, at: string): Record<string, string> {
    const headers = this.texts(value, at);
    for (const [name, text] of Object.entries(headers)) {
      const isLine = /^[\w!#$%&'*+.^`|~-]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(text);
      if (!isLine) throw this.wrong(`${at}.${name}`, "a header line");
    }
    return headers;
  }

  path(value: unknown, at: string): string {
    const text = this.text(value, at);
    if (isPath(text)) return text;
    throw this.wrong(at, "a path that begins with a slash");
  }
}

/** A path of the app, with its query: never another site's address. */
export function isPath(text: string): boolean {
  return /^\/(?![/\\])[\x21-\x7e\x80-\uffff]*$/.test(text);
}

function isStatus(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 100 && (value as number) <= 599;
}

/** @throws DevtlsError "usage" for a variable that is not set */
export function withVariables(text: string, variable: Variable, file: string): string {
  return text.replace(/\$\{([A-Za-z_]\w*)\}/g, (_, name: string) => {
    const value = variable(name);
    if (value !== undefined) return value;
    throw new DevtlsError("usage", `could not read ${file}: the variable ${name} is not set`, {
      hint: `Set it for this run: ${name}=… devtls rehearse --flow ${file}`,
    });
  });
}
