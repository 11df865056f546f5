/** Answers in a report: all are there before it is drawn for the last time, and nothing is asked again. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Asked } from '../../data/use-answer.ts';

export interface Answers {
  /** What the API said at the address; null, and noted as missing, where it was not asked yet. */
  of(address: string): unknown;
}

export const AnswersOfReport = createContext<Answers>({ of: () => null });

export function useAnswer<T>(address: string | null): Asked<T> {
  const answers = useContext(AnswersOfReport);
  return { data: address === null ? null : (answers.of(address) as T | null), problem: null, stale: false };
}
