/** What the API says at an address: asked again when something was published, and after a failure until it answers. */
import { useEffect, useState } from 'preact/hooks';
import type { ProblemDetails } from '../../../api.ts';
import { onChange } from './live.ts';

export interface Asked<T> {
  /** The newest answer; the one before while it is asked again. */
  readonly data: T | null;
  /** Why there is none, or no newer one. */
  readonly problem: ProblemDetails | null;
  /** Whether the answer is of another address than the one asked now. */
  readonly stale: boolean;
}

/** While a stream publishes every second: between two questions. */
const calmMs = 2000;
const retryMs = 3000;

/** Asks; `null` asks nothing. */
export function useAnswer<T>(address: string | null): Asked<T> {
  const [state, setState] = useState<{ address: string | null; data: T | null; problem: ProblemDetails | null }>({
    address: null,
    data: null,
    problem: null,
  });
  useEffect(() => {
    if (address === null) return;
    const abort = new AbortController();
    let timer: number | undefined;
    let [askedMs, isAsking, isOutdated] = [0, false, false];
    const ask = async (): Promise<void> => {
      [askedMs, isAsking, isOutdated] = [Date.now(), true, false];
      const answer = await answerOf<T>(address, abort.signal);
      if (abort.signal.aborted) return;
      isAsking = false;
      setState((before) =>
        'data' in answer
          ? { address, data: answer.data, problem: null }
          : { address, data: before.address === address ? before.data : null, problem: answer.problem },
      );
      // What was asked for wrongly stays wrong.
      const isLost = 'problem' in answer && answer.problem.status !== 400 && answer.problem.status !== 404;
      if (isOutdated) askSoon();
      else if (isLost) timer = window.setTimeout(ask, retryMs);
    };
    const askSoon = (): void => {
      isOutdated = true;
      if (isAsking) return;
      clearTimeout(timer);
      timer = window.setTimeout(ask, Math.max(0, askedMs + calmMs - Date.now()));
    };
    ask();
    const ignore = onChange(askSoon);
    return () => {
      ignore();
      abort.abort();
      clearTimeout(timer);
    };
  }, [address]);
  if (address === null) return { data: null, problem: null, stale: false };
  const problem = state.address === address ? state.problem : null;
  return { data: state.data, problem, stale: state.address !== address };
}

/** The answer, or the problem: also when there is no server. */
export async function answerOf<T>(
  address: string,
  signal?: AbortSignal,
): Promise<{ readonly data: T } | { readonly problem: ProblemDetails }> {
  try {
    const response = await fetch(address, { headers: { accept: 'application/json' }, ...(signal && { signal }) });
    const body: unknown = await response.json();
    return response.ok ? { data: body as T } : { problem: body as ProblemDetails };
  } catch {
    const detail = 'The dashboard does not answer. It is asked again every few seconds.';
    return { problem: { type: 'about:blank', title: 'No connection', status: 0, detail } };
  }
}
