/** A panel over a cube: measures along days, months, services, regions or plans. */
import type { ComponentChildren } from 'preact';
import type { CubeAnswer, Row } from '../../../api.ts';
import type { ChartData, Series } from '../charts/option.ts';
import { columnsOver, pivot } from '../charts/pivot.ts';
import { useAnswer } from '../data/use-answer.ts';
import type { Unit } from '../format.ts';
import { figureOf, useExplain } from '../state/figure.ts';
import { addressOf, type Filter, useView } from '../state/view.ts';
import { Panel } from './panel.tsx';
import type { Column } from './table.tsx';

type CubeName = 'usage' | 'support' | 'revenue' | 'genai';
type Along = 'day' | 'month' | 'service' | 'region' | 'plan';

export interface MeasureOf {
  readonly measure: string;
  readonly title: string;
  readonly unit: Unit;
  readonly kind?: Series['kind'];
  readonly dashed?: boolean;
  /** In the table only. */
  readonly tableOnly?: true;
}

interface CubePanelProps {
  readonly title: string;
  readonly cube: CubeName;
  readonly along: Along;
  /** A series for each value of this dimension, of the first measure. */
  readonly split?: 'service' | 'region' | 'plan';
  /** All values of that dimension, so that each has its colour everywhere. */
  readonly names?: readonly string[];
  readonly measures: readonly [MeasureOf, ...MeasureOf[]];
  readonly empty: string;
  readonly wide?: boolean;
  readonly tall?: boolean;
  readonly level?: ChartData['level'] | undefined;
  readonly note?: (answer: CubeAnswer) => ComponentChildren;
}

const filtersOf: Readonly<Record<CubeName, readonly Filter[]>> = {
  usage: ['org', 'service', 'region', 'plan', 'from', 'to'],
  support: ['org', 'region', 'plan', 'from', 'to'],
  revenue: ['org', 'region', 'plan', 'from', 'to'],
  genai: ['org', 'region', 'plan', 'from', 'to'],
};

const titles: Readonly<Record<Along, string>> = {
  day: 'Day',
  month: 'Month',
  service: 'Service',
  region: 'Region',
  plan: 'Plan',
};

export function CubePanel(props: CubePanelProps) {
  const { title, cube, along, split, names = [], measures, empty, wide = false, tall = false, level, note } = props;
  const [view] = useView();
  const [, explain] = useExplain();
  const by = split === undefined ? along : `${along},${split}`;
  const asked = useAnswer<CubeAnswer>(addressOf(`/api/v1/${cube}`, view, filtersOf[cube], { by }));
  return (
    <Panel
      title={title}
      asked={asked}
      empty={empty}
      wide={wide}
      tall={tall}
      show={(answer) => {
        const { period, source } = answer;
        const isTime = along === 'day' || along === 'month';
        const rows = isTime ? answer.rows : ranked(answer.rows, measures[0].measure);
        const open = (row: Row, measure: string) =>
          explain(
            figureOf(
              { cube, measure, stated: row[measure] ?? null, source, period, live: row.live === true },
              view,
              row,
            ),
          );
        const places = placesOf(props, rows, names);
        const keys: readonly Column[] = [along, ...(split === undefined ? [] : [split])].map((key) => ({
          key,
          title: titles[key],
          ...(key === 'day' || key === 'month' ? { unit: key } : {}),
        }));
        return {
          rows,
          columns: [
            ...keys,
            ...measures.map(({ measure, title: name, unit }) => ({
              key: measure,
              title: name,
              unit,
              onClick: (row: Row) => open(row, measure),
            })),
          ],
          chart: {
            labels: places.labels,
            unit: measures[0].unit,
            series: places.series,
            lying: !isTime,
            live: liveOf(rows, places.keys, along),
            ...(level === undefined ? {} : { level }),
          },
          onSelect: (at, series) => {
            const row = rows.find(
              (each) => each[along] === places.keys[at] && (split === undefined || each[split] === series),
            );
            const named = measures.find((each) => split === undefined && each.title === series) ?? measures[0];
            if (row !== undefined) open(row, named.measure);
          },
          note: note?.(answer),
        };
      }}
    />
  );
}

function placesOf({ along, split, measures }: CubePanelProps, rows: readonly Row[], names: readonly string[]) {
  const [first] = measures;
  if (split !== undefined && (along === 'day' || along === 'month')) {
    return pivot(rows, along, split, first.measure, names);
  }
  const series = measures
    .filter(({ tableOnly }) => tableOnly !== true)
    .map(({ measure, title, kind = 'bar', dashed = false }) => ({ measure, name: title, kind, dashed }));
  return columnsOver(rows, along, series);
}

/** Greatest first. */
function ranked(rows: readonly Row[], measure: string): readonly Row[] {
  return [...rows].sort((a, b) => Number(b[measure] ?? 0) - Number(a[measure] ?? 0));
}

function liveOf(rows: readonly Row[], keys: readonly string[], along: Along): boolean[] {
  const live = new Set(rows.filter((row) => row.live === true).map((row) => String(row[along])));
  return keys.map((key) => live.has(key));
}
