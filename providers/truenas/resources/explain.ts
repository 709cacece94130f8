import { HalfDoneError, ProviderError, type StatusName } from "../../base/errors.ts";
import type { CheckFailure } from "../../base/provider.ts";
import * as client from "../client/errors.ts";
import type { ResourceContext } from "./context.ts";
import { type AnyDefinition, propertyOfAttribute } from "./definition.ts";

/** Turns a failure of the NAS into what the owner reads: the resource, the property, the NAS's own words, the next step. */
export function explain(
  error: unknown,
  definition: AnyDefinition,
  context: ResourceContext,
): ProviderError | HalfDoneError {
  if (error instanceof ProviderError || error instanceof HalfDoneError) return error;
  const kind = definition.type.split(":").at(-1);
  if (error instanceof client.ValidationError) {
    const failures = error.issues.map((issue): CheckFailure => {
      const property = propertyOfAttribute(definition, issue.attribute);
      return { property: property ?? issue.attribute ?? "", reason: issue.message };
    });
    const lines = failures.map(({ property, reason }) => (property === "" ? reason : `${property}: ${reason}`));
    return new ProviderError(
      "INVALID_ARGUMENT",
      `${kind} ${context.name}: the NAS refuses ${lines.join("; ")}`,
      failures,
    );
  }
  const message = error instanceof Error ? error.message : String(error);
  const status = statusOf(error);
  // What is no failure of ours to foresee keeps its stack: that is a defect, not a message.
  if (status === undefined) throw error;
  return new ProviderError(status, `${kind} ${context.name}: ${message}`);
}

function statusOf(error: unknown): StatusName | undefined {
  if (error instanceof client.UnreachableError || error instanceof client.UncertainError) return "UNAVAILABLE";
  if (error instanceof client.CertificateError || error instanceof client.AuthenticationError) return "UNAUTHENTICATED";
  if (error instanceof client.UnsupportedVersionError) return "FAILED_PRECONDITION";
  if (error instanceof client.ReadOnlyError || error instanceof client.DestroyProtectionError)
    return "FAILED_PRECONDITION";
  if (error instanceof client.NotFoundError) return "NOT_FOUND";
  if (error instanceof client.TimeoutError) return "DEADLINE_EXCEEDED";
  if (error instanceof client.CancelledError) return "CANCELLED";
  if (error instanceof client.TrueNasError) return "UNKNOWN";
  return undefined;
}
