/** A part of a report: its title, its chart with the rows behind it, or its table. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Panel as OnPage } from '../../components/panel.tsx';
import { Nothing } from '../../components/states.tsx';
import { shown } from '../../format.ts';
import { Chart } from './chart.tsx';
import { Part, Table } from './table.tsx';

/** Tables drawn so far: the answer by title. Pages share some; a report shows each once. */
export const TablesAbove = createContext(new Map<string, unknown>());

export function Panel<T>({ title, asked, show, empty, wide = false }: Parameters<typeof OnPage<T>>[0]) {
  const above = useContext(TablesAbove);
  const { data } = asked;
  if (data === null) return null;
  const { rows, columns, chart, note, sort } = show(data);
  const isAbove = chart === undefined && above.get(title) === data;
  if (chart === undefined) above.set(title, data);
  const isWide = wide || chart === undefined;
  return (
    <section
      class={`panel${isWide ? ' wide' : ''}${chart === undefined ? ' rows' : ''}${isAbove ? ' above' : ''}`}
      aria-label={title}
    >
      <h3>{title}</h3>
      {isAbove ? <p class="note">As above.</p> : note !== undefined && <p class="note">{note}</p>}
      {rows.length === 0 ? (
        <Nothing text={empty} />
      ) : chart !== undefined ? (
        <>
          <Chart title={title} data={chart} wide={isWide} />
          <details>
            <summary>{rows.length === 1 ? '1 row' : `${shown(rows.length, 'count')} rows`}</summary>
            <Part caption={title} columns={columns} rows={rows} />
          </details>
        </>
      ) : (
        !isAbove && <Table caption={title} columns={columns} rows={rows} {...(sort && { sort })} />
      )}
    </section>
  );
}
