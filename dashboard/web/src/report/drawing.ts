/** Charts as SVG in the colours of the document, which are light or dark as its reader likes. */
import { BarChart, LineChart, ScatterChart } from 'echarts/charts';
import { GridComponent, MarkLineComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { type ChartData, optionOf } from '../charts/option.ts';
import type { Theme } from '../charts/palette.ts';

use([BarChart, LineChart, ScatterChart, GridComponent, MarkLineComponent, SVGRenderer]);

const theme: Theme = {
  text: 'var(--text)',
  faint: 'var(--faint)',
  line: 'var(--line)',
  ground: 'var(--card)',
};

/** The chart without its legend, whose names may not fit. */
export function drawn(data: ChartData, size: { readonly width: number; readonly height: number }): string {
  const { grid, ...option } = optionOf(data, theme);
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...size });
  try {
    chart.setOption({ ...option, grid: { ...(grid as object), top: 14 }, legend: { show: false } });
    return plain(chart.renderToSVGString());
  } finally {
    // A chart that is not disposed keeps the process alive.
    chart.dispose();
  }
}

/** Without what only a script or a pointer makes use of, and with the letters of the document. */
function plain(svg: string): string {
  return svg
    .replace(/<style[\s\S]*?<\/style>/g, '')
    .replace(/<svg width="\d+" height="\d+" .*?(viewBox="[^"]*")>\s*<rect [^>]*fill="none"><\/rect>/, '<svg $1>')
    .replace(/ (?:ecmeta_\w+|class|pointer-events)="[^"]*"/g, '')
    .replaceAll(' style="font-size:12px;font-family:system-ui, sans-serif;"', '')
    .replaceAll(/>\s+</g, '><');
}
