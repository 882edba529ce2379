/** Pages that count as public, so that they meet Local Network Access as in production. */
import { first } from "../../lines.js";
import type { ResponsePolicy } from "../forwarding.js";

/** What `--address-space` can say. */
export const ADDRESS_SPACES = ["public"] as const;

/**
 * Adds the directive that makes a browser treat a document as one of a public address (Local Network
 * Access, Content Security Policy integration); beside the app's own policy, which stays as it is.
 */
export const asPublicAddress: ResponsePolicy = (headers) =>
  /^\s*(?:text\/html|application\/xhtml\+xml)\b/i.test(first(headers, "content-type") ?? "")
    ? [...headers, "Content-Security-Policy", "treat-as-public-address"]
    : headers;
