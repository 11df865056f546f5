/** What is behind a figure: its rows, what these are made of, down to the lines of the landing zone, and whether it adds up. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Row } from '../../../api.ts';
import type { Explanation, Level, Made } from '../../../lineage/explanation.ts';
import { csvOf, download } from '../data/export.ts';
import { useAnswer } from '../data/use-answer.ts';
import { shown } from '../format.ts';
import { rowOf, useExplain } from '../state/figure.ts';
import { RunLink } from './run-link.tsx';
import { Failure } from './states.tsx';
import { type Column, Table } from './table.tsx';

const pageLength = 20;

export function Behind({ ui }: { readonly ui: string | null }) {
  const [question, explain] = useExplain();
  return question === null ? null : <Dialog key={question} question={question} ui={ui} onClose={() => explain(null)} />;
}

interface DialogProps {
  readonly question: string;
  readonly ui: string | null;
  readonly onClose: () => void;
}

function Dialog({ question, ui, onClose }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [offset, setOffset] = useState(0);
  const parameters = new URLSearchParams(question.slice(question.indexOf('?') + 1));
  const isFigure = question.startsWith('figure?');
  const { data, problem, stale } = useAnswer<Explanation>(
    `/api/v1/lineage/${question}&limit=${pageLength}&offset=${offset}`,
  );
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  const name = [parameters.get(isFigure ? 'column' : 'table'), parameters.get('over')].filter(Boolean).join(' / ');
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes a dialog by itself
    <dialog
      ref={dialog}
      class="behind"
      aria-label={`Behind ${name}`}
      aria-busy={stale || data === null}
      onClose={onClose}
      onClick={(event) => event.target === event.currentTarget && event.currentTarget.close()}
    >
      <header>
        <h2>{isFigure ? `What ${name} is the sum of` : `What a row of ${name} is made of`}</h2>
        <div class="tools">
          <button type="button" onClick={() => history.back()}>
            Back
          </button>
          <button type="button" onClick={() => dialog.current?.close()}>
            Close
          </button>
        </div>
      </header>
      {data === null && problem !== null && <Failure problem={problem} />}
      {data === null && problem === null && <p role="status">Looking for the rows…</p>}
      {data !== null && <Shown explanation={data} isFigure={isFigure} ui={ui} offset={offset} onOffset={setOffset} />}
    </dialog>
  );
}

interface ShownProps {
  readonly explanation: Explanation;
  readonly isFigure: boolean;
  readonly ui: string | null;
  readonly offset: number;
  readonly onOffset: (offset: number) => void;
}

function Shown({ explanation, isFigure, ui, offset, onOffset }: ShownProps) {
  const { levels, proof, held, holds, verdict } = explanation;
  const most = Math.max(...levels.slice(isFigure ? 0 : 1).map(({ total }) => total), 0);
  return (
    <>
      <p class={`verdict ${holds === false ? 'bad' : 'good'}`}>
        {holds === null ? '' : holds ? '✓ ' : '✗ '}
        {verdict}
      </p>
      {proof.length > 1 && (
        <Table
          caption="The proof, column by column"
          columns={[
            { key: 'column', title: 'Column' },
            { key: 'stated', title: 'The row states' },
            { key: 'summed', title: 'Its rows give' },
            { key: 'how', title: 'How' },
            {
              key: 'equal',
              title: 'Equal',
              show: ({ equal, difference }) => (
                <span class={equal === true ? 'good' : 'bad'}>{equal === true ? '✓' : `✗ ${difference ?? ''}`}</span>
              ),
            },
          ]}
          rows={proof.map((line) => ({ ...line }))}
        />
      )}
      {held !== null && held.rows > 0 && (
        <p class="note">
          {shown(held.rows, 'count')} rows of {held.from === held.to ? held.from : `${held.from} to ${held.to}`} that
          would count here are in quarantine ({held.rules.map(({ rule, rows }) => `${rule}: ${rows}`).join(', ')}); they
          hold {shown(held.moneyUsd, 'usd')} and are not in the figure.
        </p>
      )}
      {levels.map((level, i) => (
        <LevelTable key={`${i} ${level.table}`} level={level} isSelf={!isFigure && i === 0} ui={ui} />
      ))}
      {most > pageLength && (
        <p class="tools">
          <button type="button" disabled={offset === 0} onClick={() => onOffset(Math.max(0, offset - pageLength))}>
            Rows before
          </button>
          <button type="button" disabled={offset + pageLength >= most} onClick={() => onOffset(offset + pageLength)}>
            Next rows
          </button>
          <span class="faint">
            {shown(offset + 1, 'count')} to {shown(Math.min(offset + pageLength, most), 'count')} of{' '}
            {shown(most, 'count')}; the proof is over all.
          </span>
        </p>
      )}
    </>
  );
}

function LevelTable({
  level,
  isSelf,
  ui,
}: {
  readonly level: Level;
  readonly isSelf: boolean;
  readonly ui: string | null;
}) {
  const [, explain] = useExplain();
  const { table, version, committedAt, made, columns, rows, total, notes, key } = level;
  const isLanding = table === 'landing';
  const objects: Row[] = rows.map((cells) =>
    Object.fromEntries(columns.map(({ name }, i) => [name, cells[i] ?? null])),
  );
  const open = (row: Row) =>
    explain(rowOf(table, version, Object.fromEntries(key.map((name) => [name, row[name] ?? null]))));
  const shownColumns: Column[] = columns.map(({ name, kind }) => ({
    key: name,
    title: name,
    ...(kind === 'number' || kind === 'count' ? { align: 'right' as const } : {}),
    ...(name === 'raw' ? { show: ({ raw }: Row) => <code>{String(raw ?? '–')}</code> } : {}),
    ...(name === key[0] && !isSelf && !isLanding ? { onClick: open } : {}),
  }));
  return (
    <section>
      <h3>
        {isSelf ? 'The row: ' : ''}
        {isLanding ? 'Lines of the landing zone' : `${table} at version ${version}`}
      </h3>
      <p class="note">
        {committedAt !== null && `Committed ${committedAt.slice(0, 19).replace('T', ' ')} UTC. `}
        {shown(total, 'count')} {total === 1 ? 'row' : 'rows'}
        {rows.length < total ? `, ${rows.length} shown` : ''}.{' '}
        {made.map((commit) => (
          <MadeBy key={commit.version} made={commit} ui={ui} />
        ))}
        {notes.map((note) => (
          <span key={note}>{note}. </span>
        ))}
        {rows.length > 0 && (
          <button type="button" class="more" onClick={() => download(`${table}.csv`, csvOf(shownColumns, objects))}>
            CSV
          </button>
        )}
      </p>
      {rows.length > 0 && <Table caption={`${table}: rows`} columns={shownColumns} rows={objects} />}
    </section>
  );
}

function MadeBy({ made, ui }: { readonly made: Made; readonly ui: string | null }) {
  const { version, workflowId, runId, reason } = made;
  return (
    <span title={reason ?? undefined}>
      Made in version {version}
      {workflowId !== null && (
        <>
          {' '}
          by <RunLink ui={ui} row={{ workflow_id: workflowId, run_id: runId }} />
        </>
      )}
      .{' '}
    </span>
  );
}
