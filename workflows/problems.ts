/** Going on where it can: failures of parts are kept and reported at the end. */
import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  ChildWorkflowFailure,
  isCancellation,
} from '@temporalio/workflow';

export interface Problem {
  readonly what: string;
  readonly type: string;
  readonly message: string;
}

/** Runs a part; a failure that trying again does not mend becomes a problem. Cancellation passes through. */
export async function attempt<T>(what: string, problems: Problem[], body: () => Promise<T>): Promise<T | null> {
  try {
    return await body();
  } catch (error) {
    if (isCancelled(error)) throw error;
    const root = rootOf(error);
    problems.push({
      what,
      type: typeOf(root),
      message: root instanceof Error ? root.message : String(root),
    });
    return null;
  }
}

/** Whether an error is the cancellation of what runs here, and not of an activity or a child alone. */
export function isCancelled(error: unknown): boolean {
  return isCancellation(error) && CancellationScope.current().consideredCancelled;
}

/** Fails the run when there are problems; the message lists them, the details carry the result so far, and them. */
export function failOn(problems: readonly Problem[], result: unknown): void {
  if (problems.length === 0) return;
  throw ApplicationFailure.create({
    type: 'LineIncomplete',
    message: problems.map((p) => `${p.what}: ${p.message}`).join('\n'),
    nonRetryable: true,
    details: [result, problems],
  });
}

/** The problems that `failOn` failed a run with, where it did. */
export function problemsOf(error: unknown): readonly Problem[] {
  const root = rootOf(error);
  const isList = root instanceof ApplicationFailure && root.type === 'LineIncomplete';
  return isList ? ((root.details?.[1] as readonly Problem[] | undefined) ?? []) : [];
}

/** A child that failed with problems of one type failed with that type. */
function typeOf(root: unknown): string {
  const [first, ...others] = new Set(problemsOf(root).map(({ type }) => type));
  if (first !== undefined && others.length === 0) return first;
  return root instanceof ApplicationFailure ? (root.type ?? 'Error') : 'Error';
}

/** What failed in the activity or child that an error came from. */
export function rootOf(error: unknown): unknown {
  let root = error;
  while ((root instanceof ActivityFailure || root instanceof ChildWorkflowFailure) && root.cause !== undefined) {
    root = root.cause;
  }
  return root;
}
