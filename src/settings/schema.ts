/** The JSON Schema of configuration files (draft 2020-12), for editors. */
import { WORDS, type Word } from "./vocabulary.js";

type Schema = Readonly<Record<string, unknown>>;

const TEXT: Schema = { type: "string" };

/** The schema that the package carries as `dist/config.schema.json`. */
export function configSchema(): Schema {
  const options = {
    ...Object.fromEntries(
      WORDS.filter(({ once }) => !once).map((word) => [word.name, schemaOf(word)]),
    ),
    command: {
      description: "the dev server to start, word by word",
      type: "array",
      items: TEXT,
      minItems: 1,
    },
  };
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "devtls",
    type: "object",
    properties: {
      $schema: TEXT,
      ...options,
      services: {
        description: "apps by name: devtls serve NAME",
        type: "object",
        propertyNames: { pattern: "^[A-Za-z0-9][A-Za-z0-9_-]*$" },
        additionalProperties: { type: "object", properties: options, additionalProperties: false },
      },
    },
    additionalProperties: false,
  };
}

function schemaOf(word: Word): Schema {
  const description = word.help;
  if (word.takes === undefined) return { description, type: "boolean" };
  const text: Schema = word.values ? { enum: word.values } : TEXT;
  const kinds: Schema[] = [text];
  if (word.json === "number") {
    kinds.push(word.values ? { enum: word.values.map(Number) } : { type: "integer" });
  }
  if (word.json === "boolean") kinds.push({ type: "boolean" });
  if (word.many) kinds.push({ type: "array", items: text });
  if (word.json === "object") {
    kinds.push({ type: "object", additionalProperties: { type: ["string", "integer"] } });
  }
  return kinds.length === 1 ? { description, ...kinds[0] } : { description, anyOf: kinds };
}
