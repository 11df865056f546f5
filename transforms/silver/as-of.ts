/** A slowly changing dimension as rows of another table see it. */
import type { Table } from 'apache-arrow';
import type { Column, Int64Column } from '../../engine/columnar/column.ts';
import { encodeDictionary } from '../../engine/columnar/dictionary.ts';
import { asOfJoin } from '../../engine/columnar/join.ts';
import { lookUp, lookupOf } from '../../engine/columnar/lookup.ts';
import { columnOf } from '../../engine/columnar/table.ts';

/** A field of the dimension for every row of the other table; null where the key is unknown. Text comes as dictionary. */
export type AsOf = (field: string) => Column;

/**
 * The version of `dimension` that holds for each key at its time: that with the greatest `valid_from` at or before it,
 * else the earliest. Fields are taken when first asked for.
 */
export function asOf(dimension: Table, key: string, keys: Column, times: Int64Column): AsOf {
  const lookup = lookupOf(
    asOfJoin({
      leftKey: keys,
      leftTime: times,
      rightKey: columnOf(dimension, key),
      rightFrom: columnOf(dimension, 'valid_from') as Int64Column,
    }),
  );
  const taken = new Map<string, Column>();
  return (field) => {
    let column = taken.get(field);
    if (column === undefined) {
      const source = columnOf(dimension, field);
      column = lookUp(source.kind === 'utf8' ? encodeDictionary(source) : source, lookup);
      taken.set(field, column);
    }
    return column;
  };
}
