/** What stands where there is nothing to show. */
import type { ProblemDetails } from '../../../api.ts';

export function Failure({ problem }: { readonly problem: ProblemDetails }) {
  const passes = problem.status !== 400 && problem.status !== 404;
  return (
    <div class="state" role="alert">
      <strong>{problem.title}</strong>
      <p>{problem.detail}</p>
      {passes && <p class="faint">Asking again every few seconds…</p>}
    </div>
  );
}

export function Nothing({ text }: { readonly text: string }) {
  return (
    <div class="state">
      <strong>Nothing here</strong>
      <p>{text}</p>
    </div>
  );
}
