/**
 * SARIF 2.1.0 as JSON Schema, of what devtls writes: types, required properties and the values of
 * enumerations as in the standard's sections 3.13 to 3.52; a property that is not here is an error.
 */
const text = { type: "string", minLength: 1 } as const;

const object = (
  properties: Readonly<Record<string, object>>,
  required: readonly string[] = Object.keys(properties),
) => ({ type: "object", properties, required: [...required], additionalProperties: false });

const list = (items: object) => ({ type: "array", items });

/** 3.11 */
const message = object({ text });

/** 3.49 */
const descriptor = object({
  id: text,
  shortDescription: message,
  fullDescription: message,
  help: message,
  helpUri: { type: "string", format: "uri" },
});

/** 3.28 */
const location = object(
  {
    physicalLocation: object({
      artifactLocation: object({
        uri: { type: "string", format: "uri-reference" },
        uriBaseId: text,
      }),
      region: object({ startLine: { type: "integer", minimum: 1 } }),
    }),
    logicalLocations: list(object({ fullyQualifiedName: text, kind: text })),
  },
  ["physicalLocation"],
);

/** 3.27 */
const result = object(
  {
    ruleId: text,
    ruleIndex: { type: "integer", minimum: -1 },
    level: { enum: ["none", "note", "warning", "error"] },
    message,
    locations: { ...list(location), minItems: 1 },
    partialFingerprints: { type: "object", additionalProperties: { type: "string" } },
    baselineState: { enum: ["new", "unchanged", "updated", "absent"] },
    properties: { type: "object" },
  },
  ["ruleId", "level", "message", "locations", "partialFingerprints"],
);

/** 3.13, 3.14 */
export const SARIF_SCHEMA = {
  $schema: "http://json-schema.org/draft-07/schema#",
  ...object({
    $schema: { type: "string", format: "uri" },
    version: { const: "2.1.0" },
    runs: list(
      object({
        tool: object({
          driver: object({
            name: text,
            version: text,
            informationUri: { type: "string", format: "uri" },
            rules: { ...list(descriptor), uniqueItems: true },
          }),
        }),
        automationDetails: object({ id: text }),
        invocations: list(object({ executionSuccessful: { type: "boolean" } })),
        columnKind: { enum: ["utf16CodeUnits", "unicodeCodePoints"] },
        results: list(result),
      }),
    ),
  }),
};
