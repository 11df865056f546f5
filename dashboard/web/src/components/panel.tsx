/** A part of a page: its title, what it shows as a chart or as a table, and the files it can be taken away as. */
import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { Row } from '../../../api.ts';
import type { ChartData } from '../charts/option.ts';
import { csvOf, download } from '../data/export.ts';
import type { Asked } from '../data/use-answer.ts';
import { Chart } from './chart.tsx';
import { Failure, Nothing } from './states.tsx';
import { type Column, Table } from './table.tsx';

/** What a panel shows, made from an answer. */
export interface Shown {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  readonly sort?: { readonly key: string; readonly descending: boolean };
  /** Absent: a table only. */
  readonly chart?: ChartData;
  readonly onSelect?: (at: number, series: string) => void;
  /** A line below it. */
  readonly note?: ComponentChildren;
}

interface PanelProps<T> {
  readonly title: string;
  readonly asked: Asked<T>;
  readonly show: (answer: T) => Shown;
  /** What there is to say when there are no rows. */
  readonly empty: string;
  readonly wide?: boolean;
  readonly tall?: boolean;
}

export function Panel<T>({ title, asked, show, empty, wide = false, tall = false }: PanelProps<T>) {
  const [asTable, setAsTable] = useState(false);
  const image = useRef<(() => string) | null>(null);
  const content = asked.data === null ? null : show(asked.data);
  const hasRows = content !== null && content.rows.length > 0;
  const name = title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return (
    <section class={`panel${wide ? ' wide' : ''}${tall ? ' tall' : ''}`} aria-label={title} aria-busy={asked.stale}>
      <header>
        <h2>{title}</h2>
        {hasRows && (
          <div class="tools">
            {content.chart !== undefined && (
              <button type="button" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
                {asTable ? 'Chart' : 'Table'}
              </button>
            )}
            <button type="button" onClick={() => download(`${name}.csv`, csvOf(content.columns, content.rows))}>
              CSV
            </button>
            {content.chart !== undefined && !asTable && (
              <button type="button" onClick={() => image.current && download(`${name}.png`, pngOf(image.current()))}>
                PNG
              </button>
            )}
          </div>
        )}
      </header>
      <div class={asked.stale ? 'content stale' : 'content'}>
        {asked.problem !== null && content === null && <Failure problem={asked.problem} />}
        {asked.problem === null && content === null && <div class="skeleton" role="status" aria-label="Loading" />}
        {content !== null && !hasRows && <Nothing text={empty} />}
        {hasRows &&
          (content.chart !== undefined && !asTable ? (
            <Chart
              data={content.chart}
              label={`${title}: a chart of ${content.chart.series.map((s) => s.name).join(', ')} over ${content.chart.labels.length} places. The button Table shows the values.`}
              onSelect={content.onSelect}
              image={image}
            />
          ) : (
            <Table
              caption={title}
              columns={content.columns}
              rows={content.rows}
              {...(content.sort && { sort: content.sort })}
            />
          ))}
      </div>
      {content?.note !== undefined && <p class="note">{content.note}</p>}
    </section>
  );
}

/** The bytes of a data URL; `fetch` of one is against the policy of the page. */
function pngOf(url: string): Blob {
  const bytes = Uint8Array.from(atob(url.slice(url.indexOf(',') + 1)), (letter) => letter.charCodeAt(0));
  return new Blob([bytes], { type: 'image/png' });
}
