/** What `devtls acme` says while it runs: lines for people, or JSON events. */
import type { AcmeEvent, ChallengeOutcome } from "../acme/rules/context.js";
import { listed } from "../acme/rules/identifiers.js";
import { causeOf, DevtlsError } from "../errors.js";
import { note, paint, printJson } from "./output.js";

export interface AcmeReporter {
  event(event: AcmeEvent): void;
  failed(error: unknown): void;
  closed(): void;
}

export function createAcmeReporter(json: boolean): AcmeReporter {
  return {
    event: json ? (event) => printJson(plain(event)) : (event) => tell(event),
    failed: (error) => {
      note(`${paint("red", "devtls:", "stderr")} ${causeOf(error)}`);
      if (error instanceof DevtlsError && error.hint) note(error.hint.replace(/^/gm, "  "));
    },
    closed: () => {
      if (json) printJson({ event: "closed" });
    },
  };
}

/** An event without keys and tokens. */
function plain(event: AcmeEvent): object {
  switch (event.event) {
    case "account": {
      const { id, status, contact } = event.account;
      return { event: "account", change: event.change, id, status, contact };
    }
    case "order": {
      const { id, account, identifiers, profile, replaces } = event.order;
      return {
        event: "order",
        id,
        account,
        names: valuesOf(identifiers),
        profile,
        ...(replaces && { replaces }),
      };
    }
    case "challenge": {
      const { identifier, challenge, explanation } = event.outcome;
      return {
        event: "challenge",
        order: event.order.id,
        name: identifier.value,
        type: challenge.type,
        status: challenge.status,
        ...(challenge.error && { error: challenge.error }),
        ...explanation,
      };
    }
    case "certificate":
    case "revoked": {
      const { id, account, order, identifiers, serial, notBefore, notAfter, revoked } =
        event.certificate;
      return {
        ...{ event: event.event, id, account, order, names: valuesOf(identifiers), serial },
        notBefore: new Date(notBefore).toISOString(),
        notAfter: new Date(notAfter).toISOString(),
        ...(revoked && { reason: revoked.reason }),
      };
    }
  }
}

function valuesOf(identifiers: readonly { readonly value: string }[]): string[] {
  return identifiers.map(({ value }) => value);
}

function tell(event: AcmeEvent): void {
  switch (event.event) {
    case "account":
      note(`account ${event.account.id}: ${event.change}`);
      return;
    case "order":
      note(`order for ${listed(event.order.identifiers)}`);
      return;
    case "challenge":
      tellChallenge(event.outcome);
      return;
    case "certificate": {
      const { identifiers, notAfter, revoked } = event.certificate;
      const until = new Date(notAfter).toISOString().slice(0, 10);
      const state = revoked ? ", revoked at once" : "";
      note(
        `${paint("green", "certificate", "stderr")} for ${listed(identifiers)} until ${until}${state}`,
      );
      return;
    }
    case "revoked":
      note(`revoked the certificate for ${listed(event.certificate.identifiers)}`);
  }
}

function tellChallenge({ identifier, challenge, explanation }: ChallengeOutcome): void {
  if (challenge.status === "valid") {
    note(`${identifier.value}: ${challenge.type} ${paint("green", "valid", "stderr")}`);
    return;
  }
  note(`${identifier.value}: ${challenge.type} ${paint("red", "failed", "stderr")}`);
  if (!explanation) return;
  note(`  asked   ${explanation.asked}`);
  note(`  got     ${explanation.got}`);
  for (const line of explanation.change) note(`  change  ${line}`);
}
