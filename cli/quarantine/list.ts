/** `cpa quarantine list`. */
import { heldRows } from '../../activities/redrive/held.ts';
import { everyRow } from '../../activities/redrive/selection.ts';
import { type Format, note, print, type ResultColumn } from '../format.ts';
import { openLake } from '../lake.ts';
import { lakeFolder } from '../options.ts';
import { type HeldOptions, heldSources } from './held.ts';

const columns: readonly ResultColumn[] = [
  { name: 'source', kind: 'text' },
  { name: 'layer', kind: 'text' },
  { name: 'rule', kind: 'text' },
  { name: 'rows', kind: 'count' },
  { name: 'money_held_usd', kind: 'number' },
  { name: 'first_seen', kind: 'time' },
  { name: 'last_seen', kind: 'time' },
];

/** Prints rows and money held by source, layer and rule. */
export async function listHeld(options: HeldOptions & { readonly format: Format }): Promise<void> {
  const lake = openLake(lakeFolder(options.lake));
  const rows = [];
  for (const source of await heldSources(options)) {
    for (const held of await heldRows(lake, source, everyRow)) {
      rows.push([source, held.layer, held.rule, held.rows, held.moneyUsd, held.firstSeen, held.lastSeen]);
    }
  }
  print({ columns, rows }, options.format);
  if (rows.length === 0) note('nothing is in quarantine');
}
