/** Where the figures come from, and how complete the data are. */
import type { Row, Source } from '../../../api.ts';
import { Layers, Quarantine } from '../pages/data.tsx';
import { Instant } from './components/instant.tsx';
import { Panel } from './components/panel.tsx';

export function DataSection({ sources }: { readonly sources: readonly Source[] }) {
  return (
    <div class="panels">
      <Sources sources={sources} />
      <Layers />
      <Quarantine />
    </div>
  );
}

function Sources({ sources }: { readonly sources: readonly Source[] }) {
  const rows: Row[] = sources.map(({ mart, publication, version }) => ({ mart, publication, version }));
  return (
    <Panel
      title="Where the figures come from"
      asked={{ data: rows, problem: null, stale: false }}
      empty="Nothing was published."
      show={() => ({
        rows,
        columns: [
          { key: 'mart', title: 'Mart' },
          { key: 'version', title: 'Version', align: 'right' },
          { key: 'publication', title: 'Publication', align: 'right' },
          {
            key: 'published_at',
            title: 'Published',
            // The number of a publication is its instant in microseconds.
            show: ({ publication }) => <Instant at={new Date(Number(publication) / 1000).toISOString()} />,
          },
        ],
        note: (
          <>
            Versions are those of the tables in the lake; <code>{'cpa show <mart> --version <version>'}</code> gives
            their rows, also later.
          </>
        ),
      })}
    />
  );
}
