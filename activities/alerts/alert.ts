/** An alert: an organisation has reached a part of its budget of a day. */
import { formatDecimal } from '../../engine/columnar/decimal.ts';

/** A part of a budget that was reached. Amounts are unscaled integers of `money`. */
export interface Crossing {
  readonly orgId: string;
  /** UTC day of the usage, `YYYY-MM-DD`. */
  readonly date: string;
  readonly percent: number;
  readonly budgetUsd: bigint;
  readonly totalUsd: bigint;
  readonly bronzeVersion: number;
}

/** As it stands in `ops.alerts`. */
export interface Alert extends Crossing {
  /** Microseconds since 1970. */
  readonly raisedUs: number;
}

/** Digits after the point of an amount. */
const scale = 6;
/** What a line shows of an organisation's id, which is whatever an event says. */
const shownPart = /^.{0,60}/u;

/** What there is one of, for ever. */
export function alertId({ orgId, date, percent }: Pick<Crossing, 'orgId' | 'date' | 'percent'>): string {
  return `${orgId}/${date}/${percent}`;
}

/** The alert for people: `org_x reached 80 % of 250 USD on 2026-11-26 (203.1 USD)`. */
export function alertLine({ orgId, date, percent, budgetUsd, totalUsd }: Alert): string {
  const org = orgId.replace(/[\p{C}\p{Z}]/gu, ' ');
  const start = shownPart.exec(org)![0];
  const shown = start === org ? org : `${start}…`;
  return `${shown} reached ${percent} % of ${shortUsd(budgetUsd)} USD on ${date} (${shortUsd(totalUsd)} USD)`;
}

/** The amount with all digits that money has. */
export function exactUsd(unscaled: bigint): string {
  return formatDecimal(unscaled, scale);
}

/** Without the zeros at its end. */
function shortUsd(unscaled: bigint): string {
  return exactUsd(unscaled).replace(/\.?0+$/, '');
}
