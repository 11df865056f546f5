/** A chart that is drawn already. */
import { type ChartData, colourAt } from '../../charts/option.ts';
import { drawn } from '../drawing.ts';

interface ChartProps {
  readonly title: string;
  readonly data: ChartData;
  readonly wide: boolean;
}

/** Sizes at which letters are read both on a screen and on A4, where a chart is as wide as its column. */
const half = { width: 400, height: 230 };
const whole = { width: 860, height: 270 };

export function Chart({ title, data, wide }: ChartProps) {
  const label = `${title}: a chart of ${data.series.map(({ name }) => name).join(', ')} over ${data.labels.length} places. Its rows follow.`;
  return (
    <>
      <Legend data={data} />
      {wide && <Drawing label={label} svg={drawn(data, whole)} only="large" />}
      <Drawing label={label} svg={drawn(data, half)} only={wide ? 'small' : null} />
    </>
  );
}

function Drawing({ label, svg, only }: { readonly label: string; readonly svg: string; readonly only: string | null }) {
  return (
    <div
      class={only === null ? 'chart' : `chart ${only}`}
      role="img"
      aria-label={label}
      // ECharts escapes the text in it.
      dangerouslySetInnerHTML={{ __html: svg }}
    />
  );
}

/** Beside the drawing, where all names have room. */
function Legend({ data }: { readonly data: ChartData }) {
  const { series, band, marks, live } = data;
  if (series.length < 2 && band === undefined) return null;
  return (
    <ul class="legend">
      {series.map((one, at) => (
        <li key={one.name}>
          <i class={one.dashed ? 'dashed' : undefined} style={`--colour:${colourAt(one, at)}`} />
          {one.name}
        </li>
      ))}
      {band !== undefined && (
        <li>
          <i class="band" style={`--colour:${colourAt({}, 0)}`} />
          {band.name}
        </li>
      )}
      {marks !== undefined && marks.length > 0 && (
        <li>
          <span class="bad">◆</span> Anomaly
        </li>
      )}
      {live?.includes(true) && <li class="live">Hatched: not confirmed by the batch layer yet</li>}
    </ul>
  );
}
