/** The app behind a running `devtls serve`. */
import { DevtlsError } from "../errors.js";
import { first } from "../lines.js";
import { READY_HEADER, TARGET_HEADER } from "../proxy/own/pages.js";
import { BOUNDS } from "../visit/carrier.js";
import { Network } from "../visit/network.js";
import { ARGUMENTS } from "../words.js";

export interface Served {
  /** As `--target` takes it. */
  readonly target: string;
  readonly host: string;
  /** The path and query of the URL. */
  readonly path: string;
}

/** A `serve` answers this itself, at once. */
const READY_MS = 5_000;

/**
 * The target of the `devtls serve` at a URL, as `--target` takes it; undefined for another server.
 * @param roots to trust, PEM
 * @throws DevtlsError "request-failed"
 */
export async function targetBehind(
  url: URL,
  roots: readonly string[],
): Promise<string | undefined> {
  const headers = ["Host", url.host, READY_HEADER, "?", "Accept", "*/*"];
  const network = new Network({ roots, bounds: { ...BOUNDS, headMs: READY_MS } });
  const answer = await network.send({ method: "GET", url, headers });
  return first(answer.headers, TARGET_HEADER);
}

/**
 * Asks a running `devtls serve` where its app is.
 * @param roots to trust, PEM
 * @throws DevtlsError "usage" for what is no https URL, "request-failed" for another server
 */
export async function servedAt(text: string, roots: readonly string[]): Promise<Served> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "https:") {
    throw new DevtlsError(
      "usage",
      `${ARGUMENTS}: '${text}' is no https URL of a running devtls serve`,
      {
        hint: "For an app by its port: devtls rehearse --target 8000",
      },
    );
  }
  const target = await targetBehind(url, roots);
  if (target === undefined) {
    throw new DevtlsError(
      "request-failed",
      `could not rehearse ${url.origin}: it is no devtls serve`,
      {
        hint: "Name the app itself, without what is in front of it: devtls rehearse --target 8000",
      },
    );
  }
  return {
    target,
    host: url.hostname.replace(/^\[|\]$/g, ""),
    path: `${url.pathname}${url.search}`,
  };
}
