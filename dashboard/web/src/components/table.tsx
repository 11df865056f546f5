/** Rows as a table that can be sorted. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { Row, Value } from '../../../api.ts';
import { dayText, monthText, shown, type Unit } from '../format.ts';

export interface Column {
  readonly key: string;
  readonly title: string;
  /** Absent: text as it is. */
  readonly unit?: Unit | 'day' | 'month';
  /** To the right although it has no unit: exact numbers. */
  readonly align?: 'right';
  /** In place of the plain value. */
  readonly show?: (row: Row) => ComponentChildren;
  /** What a click on the figure does; absent: nothing. */
  readonly onClick?: ((row: Row) => void) | undefined;
}

interface TableProps {
  readonly caption: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  readonly sort?: { readonly key: string; readonly descending: boolean };
}

/** Rows shown before somebody asks for all. */
const first = 50;

export function Table({ caption, columns, rows, sort: usual }: TableProps) {
  const [sort, setSort] = useState(usual ?? null);
  const [all, setAll] = useState(false);
  const ordered = sort === null ? rows : [...rows].sort(by(sort.key, sort.descending));
  const visible = all ? ordered : ordered.slice(0, first);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys
    <section class="scroll" tabIndex={0} aria-label={caption}>
      <table>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => {
              const { key, title, unit } = column;
              const direction = sort?.key !== key ? 'none' : sort.descending ? 'descending' : 'ascending';
              return (
                <th key={key} scope="col" class={isRight(column) ? 'number' : ''} aria-sort={direction}>
                  <button
                    type="button"
                    class="sort"
                    onClick={() =>
                      setSort({ key, descending: direction === 'none' ? isNumber(unit) : !sort!.descending })
                    }
                  >
                    {title}
                    <span aria-hidden="true">
                      {direction === 'none' ? '' : direction === 'descending' ? ' ↓' : ' ↑'}
                    </span>
                  </button>
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {visible.map((row, i) => (
            <tr key={i}>
              {columns.map((column) => (
                <Cell key={column.key} column={column} row={row} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {visible.length < rows.length && (
        <button type="button" class="more" onClick={() => setAll(true)}>
          Show all {shown(rows.length, 'count')} rows
        </button>
      )}
    </section>
  );
}

export function Cell({ column, row }: { readonly column: Column; readonly row: Row }) {
  const { key, unit, show, onClick } = column;
  const value = row[key] ?? null;
  const content = show === undefined ? cellText(value, unit) : show(row);
  return (
    <td
      class={isRight(column) ? 'number' : unit === undefined ? '' : 'time'}
      title={isNumber(unit) && value !== null ? String(value) : undefined}
    >
      {onClick === undefined || value === null ? (
        content
      ) : (
        <button type="button" class="figure" onClick={() => onClick(row)} title={`${value}: see the rows behind it`}>
          {content}
        </button>
      )}
    </td>
  );
}

export function cellText(value: Value, unit: Column['unit']): string {
  if (value === null) return '–';
  if (unit === 'day') return dayText(String(value));
  if (unit === 'month') return monthText(String(value));
  if (unit !== undefined) return shown(value, unit);
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);
}

export function isRight({ unit, align }: Column): boolean {
  return align === 'right' || isNumber(unit);
}

function isNumber(unit: Column['unit']): boolean {
  return unit !== undefined && unit !== 'day' && unit !== 'month';
}

/** Numbers by size, text by letters, null last. */
export function by(key: string, descending: boolean): (a: Row, b: Row) => number {
  return (a, b) => {
    const [left, right] = [a[key] ?? null, b[key] ?? null];
    if (left === null || right === null) return (left === null ? 1 : 0) - (right === null ? 1 : 0);
    const [x, y] = [Number(left), Number(right)];
    const order = Number.isNaN(x) || Number.isNaN(y) ? String(left).localeCompare(String(right)) : x - y;
    return descending ? -order : order;
  };
}
