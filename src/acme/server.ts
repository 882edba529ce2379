/** One running ACME server: rules, records, signer, validator and listener put together. */
import { Resolver } from "node:dns/promises";
import { openAuthority } from "../ca/authority.js";
import { whyNoIntermediate } from "../ca/intermediate.js";
import { coversHost, openServeIdentity, serveNames } from "../ca/leaves.js";
import { DevtlsError } from "../errors.js";
import { statePaths } from "../paths.js";
import { isLoopbackAddress } from "../x509/ip.js";
import type { Name } from "../x509/names.js";
import { type Binding, openBinding } from "./binding.js";
import { answerAcme, answerPlain, type FrontOptions } from "./front.js";
import { Journal } from "./journal.js";
import { Listener } from "./listener.js";
import { conclude } from "./rules/challenges.js";
import type { AcmeEvent, Context, Settings, World } from "./rules/context.js";
import { RateLimit } from "./rules/limits.js";
import type { Order } from "./rules/model.js";
import { Nonces } from "./rules/nonces.js";
import { SLOW_MS, Weather, type WeatherKind } from "./rules/weather.js";
import { Signer } from "./signer.js";
import type { AddressPolicy } from "./validation/addresses.js";
import { DELAYS_MS, validate } from "./validation/validator.js";

export interface AcmeOptions {
  /** The state directory. */
  readonly directory: string;
  readonly port: number;
  /** Addresses to listen on. */
  readonly bind: readonly string[];
  /** Names of the directory besides localhost and the loopback addresses. */
  readonly hosts: readonly string[];
  readonly http01Port: number;
  readonly tlsAlpn01Port: number;
  readonly policy: Pick<AddressPolicy, "reach" | "resolve">;
  /** "127.0.0.1:53", or the system's. */
  readonly dns?: string;
  /** Where the hosts file is. */
  readonly hostsFile: string;
  readonly days: number;
  readonly eab: boolean;
  readonly weather: readonly WeatherKind[];
  /** How long to wait before each attempt at a challenge, in milliseconds. */
  readonly delays?: readonly number[];
  readonly report: (event: AcmeEvent) => void;
  /** Something failed that no client can be told of. */
  readonly failed: (error: unknown) => void;
}

export interface AcmeServer {
  /** "https://localhost:14000/directory" */
  readonly directoryUrl: string;
  /** The authority was made for it. */
  readonly created: boolean;
  /** What accounts have to be bound with. */
  readonly binding?: Binding;
  close(): Promise<void>;
}

const TIDY_MS = 3_600_000;

/** How often the directory's own certificate is looked at, which nears its end once a year. */
const IDENTITY_MS = 3_600_000;

/** A script that has gone wild is stopped; a test suite that makes a hundred accounts is not. */
const NEW_ACCOUNTS = { burst: 300, everyMs: 1000 };
const NEW_ORDERS = { burst: 300, everyMs: 500 };

/**
 * Starts an ACME server.
 * @throws DevtlsError "usage" for a bind that needs external account binding, "address-unavailable",
 * "bad-name", and as `openAuthority` and the journal do
 */
export async function openAcme(options: AcmeOptions): Promise<AcmeServer> {
  const remote = !options.bind.every(isLoopbackAddress);
  if (remote && !options.eab) throw needsBinding(options.bind);
  const names = serveNames(options.hosts.length > 0 ? options.hosts : ["localhost"]);
  const { authority, created } = await openAuthority(options.directory);
  const refusal = whyNoIntermediate(authority);
  const expired = options.weather.includes("expired-intermediate");
  if (refusal && (expired || (remote && !authority.intermediate))) throw refusal;
  const identity = await openServeIdentity(names, options.directory);
  const folder = statePaths(options.directory).acme;
  const journal = new Journal(folder, Date.now());
  try {
    const server = new Server(options, journal, folder, remote);
    await server.listen(identity, names);
    return { ...server.described(), created, close: () => server.close() };
  } catch (error) {
    journal.close();
    throw error;
  }
}

/** @param host "localhost" unless given */
export function directoryUrlOf(host: string | undefined, port: number): string {
  const name = host ?? "localhost";
  return `https://${name.includes(":") ? `[${name}]` : name}:${port}/directory`;
}

function needsBinding(bind: readonly string[]): DevtlsError {
  return new DevtlsError(
    "usage",
    `could not listen on ${bind.join(", ")}: everybody on that network could ask for certificates that you trust`,
    { hint: "Give accounts out: add --eab" },
  );
}

type Names = readonly Name[];
type Identity = Awaited<ReturnType<typeof openServeIdentity>>;

class Server {
  readonly #options: AcmeOptions;
  readonly #journal: Journal;
  readonly #settings: Settings;
  readonly #signer: Signer;
  readonly #policy: AddressPolicy;
  readonly #dns: Resolver;
  readonly #stopping = new AbortController();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #binding: Binding | undefined;
  readonly #world: World;
  #listener: Listener | undefined;
  #host = "localhost";
  /** The authority whose certificate the directory shows, and when it does. */
  #shown = { stamp: "", done: Promise.resolve() };

  constructor(options: AcmeOptions, journal: Journal, folder: string, remote: boolean) {
    this.#options = options;
    this.#journal = journal;
    this.#binding = options.eab ? openBinding(folder) : undefined;
    this.#settings = {
      days: options.days,
      weather: new Weather(options.weather),
      newAccounts: new RateLimit(NEW_ACCOUNTS),
      newOrders: new RateLimit(NEW_ORDERS),
      ...(this.#binding && {
        binding: new Map([[this.#binding.keyId, Buffer.from(this.#binding.hmacKey, "base64url")]]),
      }),
    };
    this.#signer = new Signer({
      directory: options.directory,
      folder,
      intermediate: remote,
      expired: options.weather.includes("expired-intermediate"),
      crlBase: () => this.#crlBase(),
    });
    this.#policy = { ...options.policy, askers: remote };
    this.#dns = new Resolver({ timeout: 2000, tries: 2 });
    if (options.dns) this.#dns.setServers([options.dns]);
    this.#world = {
      constraints: () => this.#signer.constraints(),
      issue: (wanted) => this.#signer.issue(wanted),
      validate: (order, at, type) => void this.#validate(order, at, type),
      report: options.report,
      later: (milliseconds, action) => this.#later(milliseconds, action),
    };
  }

  described(): Pick<AcmeServer, "directoryUrl" | "binding"> {
    const directoryUrl = directoryUrlOf(this.#host, this.#listener?.port ?? 0);
    return { directoryUrl, ...(this.#binding && { binding: this.#binding }) };
  }

  /** Lists are read over plain HTTP, for who checks a certificate cannot check another one first. */
  #crlBase(): string {
    return new URL("/crl/", this.described().directoryUrl).href.replace(/^https/, "http");
  }

  async listen(identity: Identity, names: Names): Promise<void> {
    this.#host = names[0]?.value ?? "localhost";
    const front: FrontOptions = {
      isOwnHost: (host) => this.#isOwnHost(host, names),
      context: (origin, asker) => this.#context(origin, asker),
      nonces: new Nonces(),
      crl: (issuer) => this.#signer.crl(issuer, this.#journal.revokedBy(issuer)),
      failed: this.#options.failed,
    };
    this.#listener = await Listener.open({
      addresses: this.#options.bind,
      port: this.#options.port,
      identity: shown(identity.leaf),
      beforeHandshake: () => this.#followAuthority(names),
      secure: (request, response) => void answerAcme(request, response, front).catch(noBody),
      plain: (request, response) => void answerPlain(request, response, front).catch(noBody),
    });
    this.#resume();
    this.#every(TIDY_MS, () => this.#journal.tidy(Date.now()));
    this.#every(IDENTITY_MS, () => this.#renewIdentity(names));

    function noBody(): void {
      // The client is gone; there is nobody left to answer.
    }
  }

  #isOwnHost(host: string, names: Names): boolean {
    const [, name = "", port = "443"] = /^(\[[0-9a-f:.]+\]|[^:]+)(?::(\d+))?$/i.exec(host) ?? [];
    const bare = name.toLowerCase().replace(/^\[(.*)\]$/, "$1");
    return Number(port) === this.#listener?.port && coversHost(names, bare);
  }

  #context(origin: string, asker: string): Context {
    return {
      records: this.#journal,
      settings: this.#settings,
      world: this.#world,
      origin,
      asker,
      now: Date.now(),
    };
  }

  async #validate(order: Order, at: number, type: string): Promise<void> {
    const authorization = order.authorizations[at];
    const challenge = authorization?.challenges.find((entry) => entry.type === type);
    const account = this.#journal.account(order.account);
    if (!authorization || !challenge || !account) return;
    const { http01Port, tlsAlpn01Port, hostsFile, delays = DELAYS_MS } = this.#options;
    const slow = this.#settings.weather.is("slow");
    try {
      const verdict = await validate(
        challenge.type,
        {
          identifier: authorization.identifier,
          token: challenge.token,
          keyAuthorization: `${challenge.token}.${account.thumbprint}`,
          asker: challenge.asker ?? "",
        },
        {
          policy: this.#policy,
          ports: { http: http01Port, https: tlsAlpn01Port },
          dns: this.#dns,
          hosts: hostsFile,
          delays: slow ? [SLOW_MS, ...delays.slice(1)] : delays,
        },
        this.#stopping.signal,
      );
      const world = { records: this.#journal, world: this.#world, now: Date.now() };
      if (verdict) conclude(world, order.id, at, type, verdict);
    } catch (error) {
      this.#options.failed(error);
    }
  }

  /** Goes on with what a stop or a crash interrupted. */
  #resume(): void {
    for (const order of this.#journal.orders()) {
      if (order.status === "processing") {
        // Its certificate was told to nobody: the client sends its request again.
        this.#journal.saveOrder({ ...order, status: "open" });
      }
      if (order.status !== "open") continue;
      for (const [at, { challenges }] of order.authorizations.entries()) {
        const running = challenges.find(({ status }) => status === "processing");
        if (running) void this.#validate(order, at, running.type);
      }
    }
  }

  #later(milliseconds: number, action: () => unknown): void {
    const timer = setTimeout(async () => {
      this.#timers.delete(timer);
      try {
        await action();
      } catch (error) {
        this.#options.failed(error);
      }
    }, milliseconds);
    this.#timers.add(timer);
  }

  #every(milliseconds: number, action: () => unknown): void {
    this.#later(milliseconds, async () => {
      this.#every(milliseconds, action);
      await action();
    });
  }

  /** After `ca rotate` the next client may trust the new authority alone. */
  #followAuthority(names: Names): Promise<void> {
    const stamp = this.#signer.stamp();
    if (stamp !== this.#shown.stamp) {
      const done = this.#renewIdentity(names).catch(this.#options.failed);
      this.#shown = { stamp, done };
    }
    return this.#shown.done;
  }

  /** Shows the directory's newest certificate: a kept one is used until another is due. */
  async #renewIdentity(names: Names): Promise<void> {
    const { leaf } = await openServeIdentity(names, this.#options.directory);
    this.#listener?.setIdentity(shown(leaf));
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#listener?.close();
    this.#journal.close();
  }
}

function shown({ chainPem, keyPem }: Identity["leaf"]): { cert: string; key: string } {
  return { cert: chainPem, key: keyPem };
}
