/** Rows of one organisation as they were read: a period within one that was read needs no other read. */
import { LRUCache } from 'lru-cache';
import { rowsWithin } from '../../../serving/cube.ts';
import type { Columns } from '../../../serving/mart-query.ts';
import type { Period } from '../../api.ts';

/** Cells that are kept at most: some 40 MB. */
const keptCells = 2_000_000;

interface Read extends Period {
  readonly columns: Promise<Columns>;
  /** 0 while it is being read. */
  cells: number;
}

/**
 * Gives the rows of a period, of those that are kept under the key or that `read` gives. `key` is another one for each organisation and
 * publication, `time` the column of days (months).
 */
export type KeptRows = (key: string, time: string, period: Period, read: () => Promise<Columns>) => Promise<Columns>;

export function keptRows(): KeptRows {
  const kept = new LRUCache<string, readonly Read[]>({
    maxSize: keptCells,
    sizeCalculation: (reads) => 1 + reads.reduce((sum, { cells }) => sum + cells, 0),
  });
  const change = (key: string, reads: (now: readonly Read[]) => readonly Read[]): void => {
    kept.set(key, reads(kept.get(key) ?? []));
  };
  return async (key, time, { from, to }, read) => {
    const found = kept.get(key)?.find((each) => each.from <= from && to <= each.to);
    if (found !== undefined) {
      const columns = await found.columns;
      return found.from === from && found.to === to ? columns : rowsWithin(columns, time, from, to);
    }
    const reading: Read = { from, to, columns: read(), cells: 0 };
    const isCovered = (each: Read): boolean => from <= each.from && each.to <= to;
    change(key, (now) => [...now.filter((each) => !isCovered(each)), reading]);
    reading.columns.then(
      (columns) => {
        reading.cells = Object.values(columns).reduce((sum, { length }) => sum + length, 0);
        change(key, (now) => [...now]);
      },
      () => change(key, (now) => now.filter((each) => each !== reading)),
    );
    return reading.columns;
  };
}
