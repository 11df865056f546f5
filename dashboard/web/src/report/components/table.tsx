/** Rows as a table that stays as it is. */
import type { ComponentProps } from 'preact';
import { by, Cell, type Column, isRight, type Table as OnPage } from '../../components/table.tsx';
import { shown } from '../../format.ts';

export type { Column } from '../../components/table.tsx';

/** Rows that are seen before somebody opens the others. */
const first = 25;

export function Table({ caption, columns, rows, sort }: ComponentProps<typeof OnPage>) {
  const ordered = sort === undefined ? rows : [...rows].sort(by(sort.key, sort.descending));
  return (
    <>
      <Part caption={caption} columns={columns} rows={ordered.slice(0, first)} />
      {ordered.length > first && (
        <details>
          <summary>The other {shown(ordered.length - first, 'count')} rows</summary>
          <Part caption={`${caption}: the other rows`} columns={columns} rows={ordered.slice(first)} />
        </details>
      )}
    </>
  );
}

/** All of some rows. */
export function Part({ caption, columns, rows }: Omit<ComponentProps<typeof OnPage>, 'sort'>) {
  const still: Column[] = columns.map((column) => ({ ...column, onClick: undefined }));
  return (
    <div class="scroll">
      <table>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {still.map((column) => (
              <th key={column.key} scope="col" class={isRight(column) ? 'number' : ''}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            <tr key={i}>
              {still.map((column) => (
                <Cell key={column.key} column={column} row={row} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
