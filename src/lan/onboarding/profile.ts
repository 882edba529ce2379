/**
 * A configuration profile with one root certificate, for iOS, iPadOS and macOS (Apple, Configuration
 * Profile Reference: com.apple.security.root). Apple's systems install a certificate from no other
 * download.
 */
import { createHash } from "node:crypto";
import { escapeHtml } from "../../proxy/own/pages.js";
import type { Certificate } from "../../x509/certificate.js";

/** @param name how the owner recognises the authority */
export function configurationProfile(root: Certificate, name: string): string {
  const digest = createHash("sha256").update(root.der).digest("hex");
  const identifier = `devtls.root.${digest.slice(0, 16)}`;
  const payload = dictionary({
    PayloadType: text("com.apple.security.root"),
    PayloadVersion: "<integer>1</integer>",
    PayloadIdentifier: text(`${identifier}.certificate`),
    PayloadUUID: text(uuidOf(digest.slice(0, 32))),
    PayloadDisplayName: text(name),
    PayloadCertificateFileName: text("devtls-root.crt"),
    PayloadContent: `<data>${root.der.toString("base64")}</data>`,
  });
  const profile = dictionary({
    PayloadType: text("Configuration"),
    PayloadVersion: "<integer>1</integer>",
    PayloadIdentifier: text(identifier),
    PayloadUUID: text(uuidOf(digest.slice(32))),
    PayloadDisplayName: text(name),
    PayloadDescription: text(
      "Lets this device open sites that devtls serves from the computer where it runs. Remove it when you no longer need that.",
    ),
    PayloadRemovalDisallowed: "<false/>",
    PayloadContent: `<array>${payload}</array>`,
  });
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
${profile}
</plist>
`;
}

function dictionary(entries: Readonly<Record<string, string>>): string {
  const lines = Object.entries(entries).map(([key, value]) => `<key>${key}</key>${value}`);
  return `<dict>\n${lines.join("\n")}\n</dict>`;
}

function text(value: string): string {
  return `<string>${escapeHtml(value.replace(NOT_XML, "?"))}</string>`;
}

/** XML 1.0 has no way to write them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const NOT_XML = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g;

/** The same root gives the same profile, which then replaces itself (RFC 9562 5.8). */
function uuidOf(hex: string): string {
  const digits = `${hex.slice(0, 12)}8${hex.slice(13, 16)}8${hex.slice(17)}`.toUpperCase();
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
