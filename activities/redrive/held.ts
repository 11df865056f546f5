/** What the quarantine of a source holds. */
import { valueAt } from '../../engine/columnar/column-of.ts';
import { formatDecimal } from '../../engine/columnar/decimal.ts';
import { columnsOf } from '../../engine/columnar/table.ts';
import type { Lake } from '../../engine/delta/lake.ts';
import { readFiles } from '../../engine/delta/read.ts';
import { metadataWith, pathOf } from '../../schemas/contract.ts';
import { quarantineOf } from '../../schemas/quarantine.ts';
import { isoInstant } from '../../transforms/time.ts';
import { type Selection, selectingColumns, selects } from './selection.ts';

/** Rows of one rule. */
export interface HeldRows {
  readonly layer: string;
  readonly rule: string;
  readonly rows: number;
  /** Their cost as far as it could be read, US dollars: a decimal number. */
  readonly moneyUsd: string;
  /** When the first and the last of them was first rejected; null when that is not known. */
  readonly firstSeen: string | null;
  readonly lastSeen: string | null;
}

const columns = [...selectingColumns, 'layer', 'money_held', 'first_seen'];
const moneyScale = 6;

/** The selected rows by layer and rule, in the order of these; none when there is no such table. One file is in memory at a time. */
export async function heldRows(lake: Lake, source: string, selection: Selection): Promise<HeldRows[]> {
  const contract = quarantineOf(source);
  const snapshot = await lake.table(contract.name).latest();
  if (snapshot === null) return [];
  const metadata = metadataWith(contract, snapshot.metadata);
  const held = new Map<string, { rows: number; money: bigint; first: number; last: number }>();
  for (const file of snapshot.files) {
    const table = await readFiles(lake.store, pathOf(contract.name), metadata, [file], columns);
    const column = columnsOf(table);
    const isSelected = selects(selection, column);
    for (let row = 0; row < table.numRows; row++) {
      if (!isSelected(row)) continue;
      const key = `${valueAt(column.layer!, row)}\u0000${valueAt(column.rule_id!, row)}`;
      const seen = valueAt(column.first_seen!, row);
      const sum = held.get(key) ?? {
        rows: 0,
        money: 0n,
        first: Number.POSITIVE_INFINITY,
        last: Number.NEGATIVE_INFINITY,
      };
      held.set(key, sum);
      sum.rows++;
      sum.money += (valueAt(column.money_held!, row) as bigint | null) ?? 0n;
      if (seen === null) continue;
      sum.first = Math.min(sum.first, Number(seen));
      sum.last = Math.max(sum.last, Number(seen));
    }
  }
  return [...held]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, { rows, money, first, last }]) => {
      const [layer, rule] = key.split('\u0000');
      const instant = (us: number): string | null => (Number.isFinite(us) ? isoInstant(us) : null);
      const moneyUsd = formatDecimal(money, moneyScale);
      return { layer: layer!, rule: rule!, rows, moneyUsd, firstSeen: instant(first), lastSeen: instant(last) };
    });
}
