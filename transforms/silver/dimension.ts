/** Slowly changing dimensions (type 2) as a function of every snapshot that was kept. */
import type { Table } from 'apache-arrow';
import type { Column, DictionaryColumn } from '../../engine/columnar/column.ts';
import { boolColumn, dictionaryColumn, timestampColumn, valueAt } from '../../engine/columnar/column-of.ts';
import { concatColumns } from '../../engine/columnar/concat.ts';
import { groupBy } from '../../engine/columnar/group.ts';
import { rowHashes } from '../../engine/columnar/hash.ts';
import { columnOf } from '../../engine/columnar/table.ts';
import { takeColumn } from '../../engine/columnar/take.ts';
import { masterFlagRules } from '../../schemas/master-rules.ts';
import type { DimensionContract } from '../../schemas/silver.ts';
import { frameOf } from '../frame.ts';
import { flagRows } from '../quality.ts';
import { underContract } from '../under-contract.ts';
import { formed } from './conformed.ts';

/** A snapshot of a master: rows of its Bronze table, each key once. */
export interface DimensionSnapshot {
  /** Instant from which it says how things are, microseconds. */
  readonly instantUs: number;
  /** It corrects the past: history from this instant on is what it says. */
  readonly correctsFromUs?: number;
  readonly table: Table;
}

/** A snapshot lacks half the keys of the one before it, or more: more likely a broken export than the truth. */
export class DimensionShrunk extends Error {
  override readonly name = 'DimensionShrunk';
  readonly keysBefore: number;
  readonly keysMissing: number;

  constructor(table: string, instantUs: number, keysBefore: number, keysMissing: number) {
    const at = new Date(instantUs / 1000).toISOString();
    super(`${table}: the snapshot of ${at} lacks ${keysMissing} of the ${keysBefore} keys of the snapshot before it`);
    this.keysBefore = keysBefore;
    this.keysMissing = keysMissing;
  }
}

/** What holds from an instant until the next. */
interface State {
  readonly fromUs: number;
  readonly table: Table;
}

/** One version of a key: the row of the concatenated snapshots that holds its values. */
interface Version {
  readonly row: number;
  readonly fromUs: number;
  readonly absent: boolean;
  toUs: number | null;
}

/**
 * The dimension that follows from the snapshots, whatever their order; of two for the same instant the later in the list
 * counts. Intervals are [valid_from, valid_to); a version lasts while the tracked fields stay the same; a key missing
 * from a snapshot gets a version with `is_absent` and its last known values. Flags are part of what a version says.
 *
 * Throws `DimensionShrunk` when a snapshot lacks half the keys of the one before it.
 */
export function scd2(contract: DimensionContract, snapshots: readonly DimensionSnapshot[]): Table {
  const states = timelineOf(snapshots);
  if (states.length === 0) throw new Error(`${contract.name}: no snapshot`);
  const source = contract.source;
  const names = [contract.id, ...contract.tracked, 'rescued'];
  const columns = formed(
    source,
    Object.fromEntries(names.map((name) => [name, concatColumns(states.map((s) => columnOf(s.table, name)))])),
  );
  const { flags } = flagRows(masterFlagRules[contract.name] ?? [], frameOf(columns));
  const versions = versionsOf(contract, states, columns, flags);
  const rows = Int32Array.from(versions, (v) => v.row);
  const fields = Object.fromEntries(names.map((name) => [name, takeColumn(columns[name]!, rows)]));
  return underContract(contract, {
    ...fields,
    valid_from: timestampColumn(versions.map((v) => v.fromUs)),
    valid_to: timestampColumn(versions.map((v) => v.toUs)),
    is_current: boolColumn(versions.map((v) => v.toUs === null)),
    is_absent: boolColumn(versions.map((v) => v.absent)),
    flags: dictionaryColumn(
      versions.map((v) => {
        const flag = valueAt(flags, v.row) as string | null;
        return v.absent ? (flag === null ? 'absent' : `${flag},absent`) : flag;
      }),
    ),
  });
}

/** The states in time order. A correction takes the place of everything from its instant on that came before it. */
function timelineOf(snapshots: readonly DimensionSnapshot[]): State[] {
  let states: State[] = [];
  for (const { instantUs, correctsFromUs, table } of snapshots.toSorted((a, b) => a.instantUs - b.instantUs)) {
    const fromUs = correctsFromUs ?? instantUs;
    const replaced = (s: State) => (correctsFromUs === undefined ? s.fromUs === fromUs : s.fromUs >= fromUs);
    states = [...states.filter((s) => !replaced(s)), { fromUs, table }];
  }
  return states.toSorted((a, b) => a.fromUs - b.fromUs);
}

/** Versions of every key, in time order within a key. `columns` hold the states' rows, one state after the other. */
function versionsOf(
  contract: DimensionContract,
  states: readonly State[],
  columns: Readonly<Record<string, Column>>,
  flags: DictionaryColumn,
): Version[] {
  const stateOf = new Int32Array(flags.length);
  for (let s = 0, row = 0; s < states.length; s++) {
    for (const end = row + states[s]!.table.numRows; row < end; row++) stateOf[row] = s;
  }
  const hashes = rowHashes([...contract.tracked.map((name) => columns[name]!), flags], 0);
  const same = (a: number, b: number) => hashes.lo[a] === hashes.lo[b] && hashes.hi[a] === hashes.hi[b];
  const missing = new Int32Array(states.length);
  const versions: Version[] = [];
  for (const rows of rowsByKey(columns[contract.id]!)) {
    let last: Version | null = null;
    const add = (row: number, state: number, absent: boolean): void => {
      if (last !== null && last.absent === absent && same(last.row, row)) return;
      const fromUs = states[state]!.fromUs;
      if (last !== null) last.toUs = fromUs;
      last = { row, fromUs, absent, toUs: null };
      versions.push(last);
    };
    rows.forEach((row, at) => {
      const state = stateOf[row]!;
      add(row, state, false);
      const gone = state + 1;
      const next = rows[at + 1];
      if (gone < states.length && (next === undefined || stateOf[next]! > gone)) {
        add(row, gone, true);
        missing[gone]!++;
      }
    });
  }
  checkShrink(contract.name, states, missing);
  return versions;
}

/** Rows of each key, ascending. */
function rowsByKey(ids: Column): number[][] {
  const grouping = groupBy([ids]);
  const rows: number[][] = Array.from({ length: grouping.count }, () => []);
  grouping.ids.forEach((group, row) => {
    rows[group]!.push(row);
  });
  return rows;
}

/** `missing` counts, for each state, the keys of the state before it that it lacks. */
function checkShrink(table: string, states: readonly State[], missing: Int32Array): void {
  for (let s = 1; s < states.length; s++) {
    const before = states[s - 1]!.table.numRows;
    if (before > 0 && missing[s]! * 2 >= before)
      throw new DimensionShrunk(table, states[s]!.fromUs, before, missing[s]!);
  }
}
