/** A table as quality rules see it. */
import type { Column } from '../engine/columnar/column.ts';
import type { Frame } from './quality.ts';
import { readRescued } from './rescued.ts';

/**
 * The frame of a table's columns, its `rescued` among them, and of other tables as its rows see them, by alias. All
 * columns of the table are known fields: what was rescued under another name is not judged.
 */
export function frameOf(
  columns: Readonly<Record<string, Column>>,
  joined: Readonly<Record<string, (field: string) => Column>> = {},
): Frame {
  const rescued = columns.rescued!;
  return {
    length: rescued.length,
    rescued: readRescued(rescued, new Set(Object.keys(columns))),
    column(name) {
      const [alias, field] = name.split('.', 2) as [string, string | undefined];
      const column = field === undefined ? columns[alias] : joined[alias]?.(field);
      if (column === undefined) throw new Error(`rule: there is no field ${name}`);
      return column;
    },
  };
}
