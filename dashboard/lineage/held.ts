/** Events in quarantine that a figure lacks. */

import { dayText } from '../../engine/columnar/cell.ts';
import { type Column, type Int32Column, isValid } from '../../engine/columnar/column.ts';
import { utf8Column, valueAt, valuesOf } from '../../engine/columnar/column-of.ts';
import { formatDecimal } from '../../engine/columnar/decimal.ts';
import type { Lake } from '../../engine/delta/lake.ts';
import { quarantineOf } from '../../schemas/quarantine.ts';
import { textMask, union } from '../../transforms/masks.ts';
import type { Held } from './explanation.ts';
import type { MissingEvents } from './origin.ts';
import { pickRows, sameAs } from './picked-rows.ts';

const table = quarantineOf('usage_events').name;
const moneyScale = 6;

export interface HeldEvents {
  /** Null when nothing was asked for, and when there is no quarantine. */
  readonly held: Held | null;
  /** Event → lines in quarantine that state it otherwise. */
  readonly otherLines: ReadonlyMap<string, number>;
}

/** What the newest quarantine holds of the organisations and days, whatever the service, and of the events listed. */
export async function heldEvents(
  lake: Lake,
  missing: MissingEvents | null,
  eventIds: ReadonlySet<unknown>,
): Promise<HeldEvents> {
  const snapshot = await lake.table(table).latest();
  if (snapshot === null || (missing === null && eventIds.size === 0)) return { held: null, otherLines: new Map() };
  const ids = utf8Column([...eventIds].filter((id) => typeof id === 'string'));
  const { columns, length } = await pickRows(lake, table, snapshot, {
    files: snapshot.files,
    tested: ['org_id', 'event_date', 'event_id'],
    listed: ['layer', 'rule_id', 'money_held'],
    picks: ({ org_id, event_date, event_id }) =>
      union(ofDays(missing, org_id!, event_date as Int32Column), sameAs([event_id!], [ids])),
  });
  const counts = ofDays(missing, columns.org_id!, columns.event_date as Int32Column);
  const rules = new Map<string, { layer: string; rule: string; rows: number; money: bigint }>();
  for (let row = 0; row < length; row++) {
    if (counts?.[row] !== 1) continue;
    const [layer, rule] = [String(valueAt(columns.layer!, row)), String(valueAt(columns.rule_id!, row))];
    const sum = rules.get(`${layer} ${rule}`) ?? { layer, rule, rows: 0, money: 0n };
    rules.set(`${layer} ${rule}`, sum);
    sum.rows++;
    sum.money += (valueAt(columns.money_held!, row) as bigint | null) ?? 0n;
  }
  const otherLines = new Map<string, number>();
  for (const id of valuesOf(columns.event_id!)) {
    if (id !== null) otherLines.set(String(id), (otherLines.get(String(id)) ?? 0) + 1);
  }
  return { held: missing === null ? null : heldOf(missing, snapshot.version, [...rules.values()]), otherLines };
}

function heldOf(
  { fromDay, toDay }: MissingEvents,
  version: number,
  rules: readonly { layer: string; rule: string; rows: number; money: bigint }[],
): Held {
  const money = (unscaled: bigint): string => formatDecimal(unscaled, moneyScale);
  return {
    table,
    version,
    from: dayText(fromDay),
    to: dayText(toDay),
    rows: rules.reduce((n, { rows }) => n + rows, 0),
    moneyUsd: money(rules.reduce((n, rule) => n + rule.money, 0n)),
    rules: rules
      .map(({ layer, rule, rows, money: held }) => ({ layer, rule, rows, moneyUsd: money(held) }))
      .sort((a, b) => b.rows - a.rows),
  };
}

function ofDays(missing: MissingEvents | null, org: Column, days: Int32Column): Uint8Array | null {
  if (missing === null) return null;
  const mask = textMask(org, [...missing.orgs])?.slice() ?? null;
  if (mask === null) return null;
  for (let row = 0; row < mask.length; row++) {
    const day = days.values[row]!;
    if (!isValid(days, row) || day < missing.fromDay || day > missing.toDay) mask[row] = 0;
  }
  return mask;
}
