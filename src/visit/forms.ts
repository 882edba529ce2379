/** Forms: what a browser sends when one is submitted (HTML 4.10.21, 4.10.22). */
import { randomBytes } from "node:crypto";
import { attribute, type Element, nodesIn } from "./dom.js";

export interface Field {
  readonly name: string;
  readonly value: string;
}

export interface Form {
  readonly id: string;
  readonly name: string;
  readonly classes: readonly string[];
  readonly method: "GET" | "POST" | "DIALOG";
  readonly action: URL;
  /** As the page wrote it, for who looks a form up by it. */
  readonly actionText: string;
  readonly enctype: "application/x-www-form-urlencoded" | "multipart/form-data" | "text/plain";
  /** What would be sent as the page stands, without a button. */
  readonly fields: readonly Field[];
  /** Names of what nobody sees, CSRF tokens among them. */
  readonly hidden: readonly string[];
  /** It asks for a password. */
  readonly isLogin: boolean;
  /** The button that Enter presses, when it has a name. */
  readonly button: Field | undefined;
  readonly files: readonly string[];
}

const ENCTYPES = [
  "application/x-www-form-urlencoded",
  "multipart/form-data",
  "text/plain",
] as const;

/** @param controls the form's own, in order, wherever they stand */
export function formOf(
  element: Element,
  controls: readonly Element[],
  page: URL,
  resolve: (text: string) => URL | undefined,
): Form {
  const submitter = controls.find(isSubmit);
  const get = (name: string): string => attribute(element, name) ?? "";
  const over = (name: string): string =>
    (submitter && attribute(submitter, `form${name}`)) ?? get(name);
  const method = over("method").toUpperCase();
  const enctype = over("enctype").toLowerCase();
  const action = over("action").trim();
  const live = controls.filter((control) => attribute(control, "disabled") === undefined);
  return {
    id: get("id"),
    name: get("name"),
    classes: get("class").split(/\s+/).filter(Boolean),
    method: method === "POST" || method === "DIALOG" ? method : "GET",
    action: (action === "" ? undefined : resolve(action)) ?? page,
    actionText: action,
    enctype: ENCTYPES.find((each) => each === enctype) ?? ENCTYPES[0],
    fields: live.flatMap(fieldsOf),
    hidden: namesOf(live, "hidden"),
    isLogin: live.some((control) => typeOf(control) === "password"),
    button: submitter && fieldOf(submitter, attribute(submitter, "value") ?? ""),
    files: namesOf(live, "file"),
  };
}

function namesOf(controls: readonly Element[], type: string): string[] {
  return controls.flatMap((control) =>
    typeOf(control) === type ? (attribute(control, "name") ?? []) : [],
  );
}

function typeOf(control: Element): string {
  const type = attribute(control, "type")?.toLowerCase();
  return control.tagName === "button" ? (type ?? "submit") : (type ?? "text");
}

function isSubmit(control: Element): boolean {
  return (
    (control.tagName === "button" || control.tagName === "input") &&
    /^(?:submit|image)$/.test(typeOf(control)) &&
    attribute(control, "disabled") === undefined
  );
}

function fieldOf(control: Element, value: string): Field | undefined {
  const name = attribute(control, "name");
  return name ? { name, value } : undefined;
}

/** HTML 4.10.22.4, "constructing the entry list", but for buttons and files. */
function fieldsOf(control: Element): Field[] {
  const value = attribute(control, "value");
  const field = (text: string): Field[] => {
    const made = fieldOf(control, text);
    return made ? [made] : [];
  };
  switch (control.tagName) {
    case "button":
      return [];
    case "select":
      return selected(control).flatMap(field);
    case "textarea":
      // The line break right after the tag is not part of it, which the parser knows.
      return field(textOf(control));
  }
  switch (typeOf(control)) {
    case "submit":
    case "image":
    case "button":
    case "reset":
    case "file":
      return [];
    case "checkbox":
    case "radio":
      return attribute(control, "checked") === undefined ? [] : field(value ?? "on");
    default:
      return field(value ?? "");
  }
}

function selected(select: Element): string[] {
  const options = optionsOf(select).filter(({ isDisabled }) => !isDisabled);
  const chosen = options.filter(({ isSelected }) => isSelected);
  if (attribute(select, "multiple") !== undefined) return chosen.map(({ value }) => value);
  const one = chosen.at(-1) ?? options[0];
  return one ? [one.value] : [];
}

function optionsOf(select: Element) {
  const options: { value: string; isSelected: boolean; isDisabled: boolean }[] = [];
  for (const node of nodesIn(select)) {
    if (!("tagName" in node) || node.tagName !== "option") continue;
    options.push({
      value: attribute(node, "value") ?? textOf(node).trim().replace(/\s+/g, " "),
      isSelected: attribute(node, "selected") !== undefined,
      isDisabled: attribute(node, "disabled") !== undefined,
    });
  }
  return options;
}

function textOf(element: Element): string {
  let text = "";
  for (const node of nodesIn(element)) if ("value" in node) text += node.value;
  return text;
}

/**
 * What a form sends once somebody has filled it in.
 * @param filled values by name; what the page does not have is sent as a script would add it
 */
export function entriesOf(
  { fields, button }: Form,
  filled: Readonly<Record<string, string>>,
): Field[] {
  const rest = new Map(Object.entries(filled));
  const entries = [...fields, ...(button ? [button] : [])].map((field) => {
    const value = rest.get(field.name);
    if (value === undefined) return field;
    rest.delete(field.name);
    return { name: field.name, value };
  });
  return [...entries, ...[...rest].map(([name, value]) => ({ name, value }))];
}

export interface EncodedForm {
  readonly contentType: string;
  readonly body: Buffer;
}

export function encodeForm({ enctype, files }: Form, entries: readonly Field[]): EncodedForm {
  if (enctype === "multipart/form-data") return multipart(entries, files);
  if (enctype === "text/plain") {
    const lines = entries.map(({ name, value }) => `${name}=${newlines(value)}\r\n`);
    return { contentType: enctype, body: Buffer.from(lines.join("")) };
  }
  return { contentType: enctype, body: Buffer.from(urlEncoded(entries)) };
}

export function urlEncoded(entries: readonly Field[]): string {
  return new URLSearchParams(
    entries.map(({ name, value }): [string, string] => [newlines(name), newlines(value)]),
  ).toString();
}

/** RFC 7578 as browsers write it (HTML 4.10.22.7); a file that nobody chose is an empty one. */
function multipart(entries: readonly Field[], files: readonly string[]): EncodedForm {
  const boundary = `----WebKitFormBoundary${randomBytes(12).toString("base64url").replace(/[-_]/g, "A")}`;
  const name = (text: string): string =>
    newlines(text).replaceAll("\r", "%0D").replaceAll("\n", "%0A").replaceAll('"', "%22");
  const parts = [
    ...entries.map(
      (entry) =>
        `Content-Disposition: form-data; name="${name(entry.name)}"\r\n\r\n${newlines(entry.value)}`,
    ),
    ...files.map(
      (file) =>
        `Content-Disposition: form-data; name="${name(file)}"; filename=""\r\nContent-Type: application/octet-stream\r\n\r\n`,
    ),
  ];
  const text = parts.map((part) => `--${boundary}\r\n${part}\r\n`).join("");
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.from(`${text}--${boundary}--\r\n`),
  };
}

function newlines(text: string): string {
  return text.replace(/\r\n?|\n/g, "\r\n");
}
