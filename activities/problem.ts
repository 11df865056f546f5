/** Failures that trying again does not mend, by kind: workflows and operators tell them apart by type. */
import { ApplicationFailure } from '@temporalio/activity';

/** Why a piece of work cannot be done until somebody changes something. */
export type ProblemType =
  | 'MasterMissing'
  | 'MasterUnreadable'
  | 'MasterIncomplete'
  | 'DimensionShrunk'
  | 'Imbalance'
  | 'NoSuchTable'
  | 'BadInput'
  | 'Overtaken'
  | 'VersionGone'
  | 'NotCompacted'
  | 'AuditFailed'
  | 'PublicationMismatch';

/** A non-retryable failure; the message says what failed and with which values. */
export function problem(type: ProblemType, message: string, cause?: unknown): ApplicationFailure {
  return ApplicationFailure.create({
    type,
    message,
    nonRetryable: true,
    ...(cause instanceof Error ? { cause } : {}),
  });
}
