/** How fresh and how complete the data is, and who made it. */
import { useState } from 'preact/hooks';
import type {
  AuditAnswer,
  DimensionsAnswer,
  FreshnessAnswer,
  LateAnswer,
  LayersAnswer,
  LedgerAnswer,
  QuarantineAnswer,
  QuarantineRowsAnswer,
  TablesAnswer,
  VersionsAnswer,
} from '../../../api.ts';
import { Hint } from '../components/hint.tsx';
import { Instant } from '../components/instant.tsx';
import { Panel } from '../components/panel.tsx';
import { RunLink } from '../components/run-link.tsx';
import type { Column } from '../components/table.tsx';
import { useAnswer } from '../data/use-answer.ts';
import { agoText, bytesText, dayText, shown } from '../format.ts';

export function DataPage({ dimensions }: { readonly dimensions: DimensionsAnswer | null }) {
  const ui = dimensions?.temporal_ui ?? null;
  const run: Column = { key: 'run_id', title: 'Run', show: (row) => <RunLink ui={ui} row={row} /> };
  return (
    <div class="panels">
      <Layers />
      <Audit ui={ui} />
      <Quarantine />
      <Late />
      <Tables run={run} />
      <Ledger run={run} />
    </div>
  );
}

const instant = (key: string, title: string): Column => ({ key, title, show: (row) => <Instant at={row[key]} /> });

export function Layers() {
  const asked = useAnswer<LayersAnswer>('/api/v1/layers');
  return (
    <Panel
      title="Layers"
      asked={asked}
      empty="The lake is empty."
      show={({ layers }) => ({
        rows: layers.map((layer) => ({ ...layer, state: layer.behind === 0 ? 'up to date' : 'behind' })),
        columns: [
          { key: 'layer', title: 'Layer' },
          instant('at', 'Last change'),
          {
            key: 'behind',
            title: 'Waiting',
            show: ({ behind, unit }) => (
              <span class={behind === 0 ? 'good' : 'bad'}>{behind === 0 ? '✓ nothing' : `${behind} ${unit}`}</span>
            ),
          },
          { key: 'doc', title: 'What' },
        ],
      })}
    />
  );
}

function Audit({ ui }: { readonly ui: string | null }) {
  const asked = useAnswer<FreshnessAnswer>('/api/v1/freshness');
  return (
    <Panel
      title="Last audit"
      asked={asked}
      empty="No audit has run yet: a daily run ends with one, and `npx cpa audit` runs one."
      show={({ audit }) => ({
        rows: audit?.checks ?? [],
        columns: [
          {
            key: 'passed',
            title: 'Verdict',
            show: ({ passed }) => (
              <span class={passed === true ? 'good' : 'bad'}>{passed === true ? '✓ passed' : '✗ failed'}</span>
            ),
          },
          { key: 'name', title: 'Check' },
          { key: 'compared', title: 'Compared', unit: 'count' },
          { key: 'finding', title: 'Finding' },
        ],
        note: audit === null ? undefined : <AuditNote audit={audit} ui={ui} />,
      })}
    />
  );
}

function AuditNote({ audit, ui }: { readonly audit: AuditAnswer; readonly ui: string | null }) {
  const { at, scope, passed, checks, workflow_id, run_id } = audit;
  const failed = checks.filter((check) => !check.passed).length;
  return (
    <>
      {passed ? `All ${checks.length} checks passed` : `${failed} of ${checks.length} checks failed`},{' '}
      {agoText(Date.now() - Date.parse(at))}, {scope === 'everything' ? 'over everything' : 'over what had changed'}.{' '}
      <RunLink ui={ui} row={{ workflow_id, run_id }} />
    </>
  );
}

export function Quarantine() {
  const asked = useAnswer<QuarantineAnswer>('/api/v1/quarantine');
  const [chosen, choose] = useState<{ readonly source: string; readonly rule: string } | null>(null);
  return (
    <>
      <Panel
        title="Quarantine by rule"
        asked={asked}
        empty="Nothing is in quarantine."
        show={({ rules, rows, money_held_usd }) => ({
          rows: rules,
          columns: [
            { key: 'source', title: 'Source' },
            { key: 'layer', title: 'Layer' },
            { key: 'rule', title: 'Rule' },
            {
              key: 'rows',
              title: 'Rows',
              unit: 'count',
              onClick: ({ source, rule }) => choose({ source: String(source), rule: String(rule) }),
            },
            { key: 'money_held_usd', title: 'Money held', unit: 'usd' },
            instant('last_seen', 'Last seen'),
          ],
          sort: { key: 'rows', descending: true },
          note: (
            <>
              {shown(rows, 'count')} rows hold {shown(money_held_usd, 'usd')}, as far as their cost can be read. They
              are in no figure. <Hint>A number shows the lines.</Hint>
            </>
          ),
        })}
      />
      {chosen !== null && <QuarantinedRows {...chosen} />}
    </>
  );
}

function QuarantinedRows({ source, rule }: { readonly source: string; readonly rule: string }) {
  const parameters = new URLSearchParams({ source, rule, limit: '100' });
  const asked = useAnswer<QuarantineRowsAnswer>(`/api/v1/quarantine/rows?${parameters}`);
  return (
    <Panel
      title={`Lines of ${source} rejected by ${rule}`}
      asked={asked}
      wide
      empty="No line is rejected by this rule any more."
      show={({ rows, total }) => ({
        rows,
        columns: [
          { key: 'source_file', title: 'File' },
          { key: 'source_row', title: 'Line', unit: 'count' },
          { key: 'reason', title: 'Reason' },
          { key: 'org_id', title: 'Organisation' },
          { key: 'money_held', title: 'Money held', unit: 'usd' },
          { key: 'raw', title: 'Line as it came', show: ({ raw }) => <code>{String(raw ?? '–')}</code> },
        ],
        note:
          total > rows.length
            ? `${rows.length} of ${shown(total, 'count')} lines; all: npx cpa quarantine export --rule ${rule}`
            : undefined,
      })}
    />
  );
}

function Late() {
  const asked = useAnswer<LateAnswer>('/api/v1/late');
  return (
    <Panel
      title="Late events"
      asked={asked}
      empty="No events were read yet."
      show={({ rows }) => {
        const ordered = [...rows].reverse();
        return {
          rows,
          columns: [
            { key: 'run_date', title: 'Read on', unit: 'day' },
            { key: 'read', title: 'Lines read', unit: 'count' },
            { key: 'written', title: 'Events written', unit: 'count' },
            { key: 'late', title: 'Of these late', unit: 'count' },
          ],
          ...(rows.length < 2
            ? {}
            : {
                chart: {
                  labels: ordered.map((row) => dayText(String(row.run_date))),
                  unit: 'count' as const,
                  series: [
                    {
                      name: 'On time',
                      kind: 'bar' as const,
                      stack: 'all',
                      values: ordered.map((row) => Number(row.written) - Number(row.late)),
                    },
                    {
                      name: 'Late',
                      kind: 'bar' as const,
                      stack: 'all',
                      values: ordered.map((row) => Number(row.late)),
                    },
                  ],
                },
              }),
          note: 'Late: behind the watermark when it was read. Late events are written, flagged, and their days built again; none is dropped.',
        };
      }}
    />
  );
}

function Tables({ run }: { readonly run: Column }) {
  const asked = useAnswer<TablesAnswer>('/api/v1/tables');
  const [chosen, choose] = useState<string | null>(null);
  return (
    <>
      <Panel
        title="Tables of the lake"
        asked={asked}
        wide
        empty="The lake is empty: `npx cpa run dailyRun` fills it."
        show={({ tables }) => ({
          rows: tables,
          columns: [
            { key: 'table', title: 'Table' },
            { key: 'rows', title: 'Rows', unit: 'count' },
            { key: 'files', title: 'Files', unit: 'count' },
            { key: 'bytes', title: 'Size', unit: 'number', show: ({ bytes }) => bytesText(Number(bytes)) },
            { key: 'partitions', title: 'Partitions', unit: 'count' },
            { key: 'version', title: 'Version', unit: 'count', onClick: ({ table }) => choose(String(table)) },
            instant('committed_at', 'Last commit'),
          ],
          note: 'The number of a version shows the versions before it, and the runs that made them.',
        })}
      />
      {chosen !== null && <Versions table={chosen} run={run} />}
    </>
  );
}

function Versions({ table, run }: { readonly table: string; readonly run: Column }) {
  const asked = useAnswer<VersionsAnswer>(`/api/v1/tables/${encodeURIComponent(table)}/versions?limit=100`);
  return (
    <Panel
      title={`Versions of ${table}`}
      asked={asked}
      wide
      empty="There is no version."
      show={({ versions }) => ({
        rows: versions,
        columns: [
          { key: 'version', title: 'Version', unit: 'count' },
          instant('committed_at', 'Committed'),
          { key: 'operation', title: 'Operation' },
          { key: 'files_added', title: 'Files added', unit: 'count' },
          { key: 'files_removed', title: 'Removed', unit: 'count' },
          { key: 'rows_written', title: 'Rows written', unit: 'count' },
          { key: 'reason', title: 'Reason' },
          run,
        ],
      })}
    />
  );
}

function Ledger({ run }: { readonly run: Column }) {
  const asked = useAnswer<LedgerAnswer>('/api/v1/ledger?limit=200');
  return (
    <Panel
      title="Ledger"
      asked={asked}
      wide
      empty="The line has done nothing yet."
      show={({ rows }) => ({
        rows,
        columns: [
          instant('started_at', 'Started'),
          { key: 'table_name', title: 'Table' },
          { key: 'rows_read', title: 'Read', unit: 'count' },
          { key: 'rows_written', title: 'Written', unit: 'count' },
          { key: 'rows_unchanged', title: 'Unchanged', unit: 'count' },
          { key: 'rows_quarantined', title: 'Quarantined', unit: 'count' },
          { key: 'rows_duplicate', title: 'Duplicate', unit: 'count' },
          { key: 'rows_late', title: 'Late', unit: 'count' },
          { key: 'version', title: 'Version', unit: 'count' },
          run,
        ],
        note: 'Of Bronze and Silver: read = written + unchanged + quarantined + duplicate. Of marts: their sums are those of the rows read. A run that does not balance fails.',
      })}
    />
  );
}
