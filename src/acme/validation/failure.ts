/** Why a challenge failed: for the client a problem document, for who runs the server the way out. */
import type { Explanation } from "../rules/context.js";
import type { ProblemType } from "../rules/problem.js";

export class ChallengeFailure extends Error {
  override readonly name = "ChallengeFailure";
  readonly type: ProblemType;
  readonly explanation: Explanation;

  /** @param message for the client: never what a server answered, which could be a secret */
  constructor(type: ProblemType, message: string, explanation: Explanation) {
    super(message);
    this.type = type;
    this.explanation = explanation;
  }
}

/** What is validated. */
export interface Task {
  readonly identifier: { readonly type: "dns" | "ip"; readonly value: string };
  readonly token: string;
  /** `token.thumbprint` (RFC 8555 8.1). */
  readonly keyAuthorization: string;
  /** The address of the client that said it was ready. */
  readonly asker: string;
}

/** How long one attempt may take. */
export const ATTEMPT_MS = 10_000;
