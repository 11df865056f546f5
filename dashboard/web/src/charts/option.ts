/** Charts as data for ECharts: pure functions, for the page and for the report. */
import type { EChartsCoreOption } from 'echarts/core';
import { shortly, shown, type Unit } from '../format.ts';
import { anomaly, series, type Theme } from './palette.ts';

export type ChartOption = EChartsCoreOption;

/** One line, bar or area over the common axis; null where there is no value. */
export interface Series {
  readonly name: string;
  readonly values: readonly (number | null)[];
  readonly kind: 'bar' | 'line';
  /** Series of one stack are put on top of each other. */
  readonly stack?: string;
  readonly colour?: string;
  readonly dashed?: boolean;
}

export interface ChartData {
  /** Along the axis: days, months, names. */
  readonly labels: readonly string[];
  readonly unit: Unit;
  readonly series: readonly Series[];
  /** A band between two lines. */
  readonly band?: {
    readonly name: string;
    readonly lower: readonly (number | null)[];
    readonly upper: readonly (number | null)[];
  };
  /** Points that stand out, by their place on the axis. */
  readonly marks?: readonly { readonly at: number; readonly value: number; readonly name: string }[];
  /** A level across. */
  readonly level?: { readonly name: string; readonly value: number };
  /** Places on the axis that the speed layer wrote last. */
  readonly live?: readonly boolean[];
  /** Names on the vertical axis, values along. */
  readonly lying?: boolean;
}

/** The option of a chart. Axes begin at 0. */
export function optionOf(data: ChartData, theme: Theme): ChartOption {
  const { labels, unit, lying = false } = data;
  const names = {
    type: 'category' as const,
    data: [...labels],
    inverse: lying,
    axisLabel: {
      color: theme.faint,
      hideOverlap: true,
      // The year is in the period above, and in the tooltip.
      formatter: (label: string) => label.replace(/^(\d+ \w+) \d{4}$/, '$1'),
      ...(lying ? { width: 130, overflow: 'truncate' as const } : {}),
    },
    axisLine: { lineStyle: { color: theme.line } },
    axisTick: { show: false },
  };
  const values = {
    type: 'value' as const,
    axisLabel: { color: theme.faint, formatter: (value: number) => shortly(value, unit), hideOverlap: true },
    splitLine: { lineStyle: { color: theme.line } },
    ...(unit === 'count' || unit === 'tokens' ? { minInterval: 1 } : {}),
    splitNumber: lying ? 4 : 5,
  };
  return {
    animation: false,
    textStyle: { fontFamily: 'system-ui, sans-serif', color: theme.text },
    aria: { enabled: true },
    grid: { left: 8, right: 12, top: data.series.length > 1 || data.band ? 36 : 14, bottom: 4, containLabel: true },
    legend: {
      show: data.series.length > 1 || data.band !== undefined,
      type: 'scroll',
      top: 0,
      left: 0,
      itemWidth: 14,
      itemHeight: 10,
      textStyle: { color: theme.text },
      pageTextStyle: { color: theme.faint },
      pageIconColor: theme.text,
      data: [...data.series.map((s) => s.name), ...(data.band ? [data.band.name] : [])],
    },
    tooltip: {
      trigger: 'axis',
      // Drawn, not HTML: the page allows no inline styles.
      renderMode: 'richText',
      confine: true,
      backgroundColor: theme.ground,
      borderColor: theme.line,
      textStyle: { color: theme.text, fontSize: 12 },
      axisPointer: { type: 'shadow', shadowStyle: { color: theme.line, opacity: 0.5 } },
      order: lying ? 'seriesAsc' : 'valueDesc',
      formatter: (given: unknown) => tooltipText(given, data),
    },
    xAxis: lying ? values : names,
    yAxis: lying ? names : values,
    series: [...bandOf(data), ...data.series.map((one, at) => seriesOf(one, at, data, theme)), ...marksOf(data)],
  };
}

function seriesOf({ name, values, kind, stack, colour, dashed }: Series, at: number, data: ChartData, theme: Theme) {
  const color = colourAt({ colour }, at);
  return {
    name,
    type: kind,
    data: values.map((value, i) =>
      kind === 'bar' && data.live?.[i] === true
        ? {
            value,
            itemStyle: {
              decal: {
                symbol: 'rect',
                dashArrayX: [1, 0],
                dashArrayY: [2, 5],
                rotation: -Math.PI / 4,
                color: 'rgba(255,255,255,.55)',
              },
            },
          }
        : value,
    ),
    ...(stack === undefined ? {} : { stack }),
    itemStyle: { color },
    ...(kind === 'bar'
      ? { barMaxWidth: 28, barCategoryGap: '25%' }
      : {
          symbol: 'circle',
          symbolSize: 5,
          showSymbol: data.labels.length <= 62,
          lineStyle: { color, width: 2, type: dashed ? 'dashed' : 'solid' },
        }),
    ...(at === 0 && data.level !== undefined
      ? {
          markLine: {
            silent: true,
            symbol: 'none',
            lineStyle: { color: theme.text, type: 'dashed' },
            label: { color: theme.text, position: 'insideEndTop', formatter: data.level.name },
            data: [{ yAxis: data.level.value }],
          },
        }
      : {}),
  };
}

/** The colour of the n-th series. */
export function colourAt({ colour }: { readonly colour?: string | undefined }, at: number): string {
  return colour ?? series[at % series.length]!;
}

/** Two stacked areas: the lower invisible, the upper as high as the band. */
function bandOf({ band }: ChartData) {
  if (band === undefined) return [];
  const line = {
    type: 'line',
    stack: 'band',
    symbol: 'none',
    lineStyle: { opacity: 0 },
    silent: true,
    tooltip: { show: false },
  };
  return [
    { ...line, name: `${band.name} from`, data: [...band.lower], areaStyle: { opacity: 0 }, stackStrategy: 'all' },
    {
      ...line,
      name: band.name,
      data: band.upper.map((upper, i) => (upper === null ? null : upper - (band.lower[i] ?? 0))),
      areaStyle: { color: series[0], opacity: 0.15 },
      itemStyle: { color: series[0], opacity: 0.4 },
      stackStrategy: 'all',
    },
  ];
}

function marksOf({ marks, labels }: ChartData) {
  if (marks === undefined || marks.length === 0) return [];
  return [
    {
      name: 'Anomaly',
      type: 'scatter',
      symbol: 'diamond',
      symbolSize: 13,
      z: 5,
      itemStyle: { color: anomaly, borderColor: '#fff', borderWidth: 1 },
      data: marks.map(({ at, value }) => [labels[at]!, value]),
    },
  ];
}

interface TooltipItem {
  readonly seriesName: string;
  readonly name: string;
  readonly dataIndex: number;
  readonly value: unknown;
  readonly marker?: unknown;
}

function tooltipText(given: unknown, data: ChartData): string {
  const items = (Array.isArray(given) ? given : [given]) as TooltipItem[];
  const [first] = items;
  if (first === undefined) return '';
  const lines = items.flatMap(({ seriesName, value, marker }) => {
    // Bands and marks have lines of their own below.
    if (value == null || !data.series.some(({ name }) => name === seriesName)) return [];
    return [`${String(marker ?? '')} ${seriesName}: ${shown(Number(value), data.unit)}`];
  });
  const stacked = data.series.filter((s) => s.stack !== undefined);
  const total = stacked.reduce((sum, s) => sum + (s.values[first.dataIndex] ?? 0), 0);
  const { band } = data;
  const [lower, upper] = [band?.lower[first.dataIndex], band?.upper[first.dataIndex]];
  return [
    first.name,
    ...lines,
    ...(stacked.length > 1 ? [`Total: ${shown(total, data.unit)}`] : []),
    ...(lower != null && upper != null
      ? [`${band!.name}: ${shown(lower, data.unit)} – ${shown(upper, data.unit)}`]
      : []),
    ...(data.marks ?? []).filter(({ at }) => at === first.dataIndex).map(({ name }) => name),
    ...(data.live?.[first.dataIndex] ? ['Live: not confirmed by the batch layer yet'] : []),
  ].join('\n');
}
