/** What a proof comes to, in a sentence. */
import type { Held, ProofLine } from './explanation.ts';
import type { SourceRows } from './source-rows.ts';

/** Says what adds up, or what differs and by how much, and what quarantine withholds. */
export function verdictOf(sources: readonly SourceRows[], proof: readonly ProofLine[], held: Held | null): string {
  if (proof.length === 0) return 'nothing to prove: the row is not made of rows that can be read';
  const from = sources
    .filter(({ rows }) => rows.length > 0)
    .map(({ source, rows }) => `${counted(rows.length, 'row')} of ${source.table}`)
    .join(' and ');
  const wrong = proof
    .filter(({ equal }) => !equal)
    .map(
      ({ column, stated, summed, difference }) =>
        `${column} states ${stated}, they give ${summed}${difference === null ? '' : `, a difference of ${difference}`}`,
    );
  const missing =
    held === null || held.rows === 0
      ? ''
      : `; it lacks ${counted(held.rows, 'event')} in quarantine of the same organisations and days, with ${held.moneyUsd} US dollars`;
  return wrong.length === 0
    ? `the rows add up to the figure: ${from}${missing}`
    : `the figure is not what its rows give (${from === '' ? 'there are none' : from}): ${wrong.join('; ')}${missing}`;
}

/** `1 row`, `2 rows`. */
export function counted(n: number, what: string): string {
  return `${n} ${n === 1 ? what : `${what}s`}`;
}
