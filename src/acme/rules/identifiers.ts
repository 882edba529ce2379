/** The names of an order (RFC 8555 7.1.3, RFC 8738) and which of them the authority may sign. */
import { causeOf } from "../../errors.js";
import { describeConstraints, type NameConstraints, permits } from "../../x509/constraints.js";
import { type Name, parseName } from "../../x509/names.js";
import { isObject } from "./json.js";
import type { Identifier } from "./model.js";
import { malformed, Problem, type ProblemDocument, type ProblemType, problem } from "./problem.js";

/** As many as Let's Encrypt takes. */
const MAX_IDENTIFIERS = 100;

/**
 * The identifiers of a new order, each once.
 * @param constraints what the authority may sign; null for any name
 * @throws Problem "malformed", "unsupportedIdentifier", "rejectedIdentifier"; several different
 * ones are a "compound" with a subproblem for each name
 */
export function readIdentifiers(
  value: unknown,
  constraints: NameConstraints | null,
): readonly Identifier[] {
  if (!Array.isArray(value) || value.length === 0) throw malformed("the order has no identifiers");
  if (value.length > MAX_IDENTIFIERS) {
    throw malformed(`the order has more than ${MAX_IDENTIFIERS} identifiers`);
  }
  const identifiers = new Map<string, Identifier>();
  const refused: [ProblemType, ProblemDocument][] = [];
  for (const entry of value) {
    const given = shapeOf(entry);
    try {
      const identifier = readIdentifier(given, constraints);
      identifiers.set(keyOf(identifier), identifier);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      refused.push([error.type, problem(error.type, error.message, given as Identifier)]);
    }
  }
  if (refused.length > 0) throw refusalOf(refused);
  return [...identifiers.values()];
}

function refusalOf(refused: readonly [ProblemType, ProblemDocument][]): Problem {
  const types = new Set(refused.map(([type]) => type));
  const [type] = types.size === 1 ? [...types] : ["compound" as const];
  const [first] = refused.map(([, { detail }]) => detail);
  const detail = refused.length === 1 ? first : `${refused.length} names cannot be issued`;
  return new Problem(type as ProblemType, detail ?? "", {
    subproblems: refused.map(([, document]) => document),
  });
}

interface Given {
  readonly type: string;
  readonly value: string;
}

function shapeOf(entry: unknown): Given {
  if (!isObject(entry)) throw malformed("an identifier is not an object");
  const { type, value } = entry;
  if (typeof type !== "string" || typeof value !== "string") {
    throw malformed("an identifier needs a type and a value, both strings");
  }
  return { type, value };
}

function readIdentifier({ type, value }: Given, constraints: NameConstraints | null): Identifier {
  if (type !== "dns" && type !== "ip") {
    throw new Problem(
      "unsupportedIdentifier",
      `identifiers of the type ${JSON.stringify(type.slice(0, 64))} are not issued; use dns or ip`,
    );
  }
  const name = nameOf(value);
  if (name.kind !== type) {
    const article = name.kind === "ip" ? "an IP address" : `of the kind ${name.kind}`;
    throw rejected(`${shown(value)} is ${article}, not of the type ${type}`);
  }
  const canonical = type === "dns" ? value.toLowerCase() : value;
  if (name.value !== canonical) throw rejected(`${shown(value)} has to be written ${name.value}`);
  if (constraints && !permits(constraints, name)) {
    throw rejected(
      `this authority does not sign ${name.value}; it is limited to ${describeConstraints(constraints).join(", ")}`,
    );
  }
  return { type, value: name.value };
}

function nameOf(value: string): Name {
  try {
    return parseName(value);
  } catch (error) {
    throw rejected(causeOf(error).replace(/^could not use the name /, ""));
  }
}

function rejected(detail: string): Problem {
  return new Problem("rejectedIdentifier", detail);
}

function shown(value: string): string {
  return JSON.stringify(value.slice(0, 253));
}

/** Names and addresses in one set. */
export function keyOf({ type, value }: Identifier): string {
  return `${type}:${value}`;
}

/** The name that goes into the certificate; what is in an order has been read before. */
export function certificateName({ value }: Identifier): Name {
  return parseName(value);
}

/** As people write it. */
export function listed(identifiers: readonly Identifier[]): string {
  return identifiers.map(({ value }) => value).join(", ");
}
