/** A chart on the page. */
import type { ECharts } from 'echarts/core';
import { useEffect, useRef } from 'preact/hooks';
import { type ChartData, optionOf } from '../charts/option.ts';
import { useTheme } from './theme.ts';

interface ChartProps {
  readonly data: ChartData;
  /** What it shows, for who cannot see it. */
  readonly label: string;
  /** A place on the axis was chosen, in a series. */
  readonly onSelect?: ((at: number, series: string) => void) | undefined;
  /** Takes what gives the chart as an image. */
  readonly image?: { current: (() => string) | null };
}

export function Chart({ data, label, onSelect, image }: ChartProps) {
  const element = useRef<HTMLDivElement>(null);
  const chart = useRef<ECharts | null>(null);
  const select = useRef(onSelect);
  select.current = onSelect;
  const theme = useTheme();
  const newest = useRef({ data, theme });
  newest.current = { data, theme };

  useEffect(() => {
    let gone = false;
    let observer: ResizeObserver | undefined;
    // To compile it takes longer than all the rest: figures come first.
    void painted()
      .then(() => import('../charts/echarts.ts'))
      .then(({ init }) => {
        if (gone || element.current === null) return;
        const made = init(element.current);
        chart.current = made;
        made.setOption(optionOf(newest.current.data, newest.current.theme));
        made.on('click', ({ dataIndex, seriesName }) => {
          if (dataIndex !== undefined) select.current?.(dataIndex, seriesName ?? '');
        });
        if (image !== undefined) {
          image.current = () =>
            made.getDataURL({ type: 'png', pixelRatio: 2, backgroundColor: newest.current.theme.ground });
        }
        observer = new ResizeObserver(() => made.resize());
        observer.observe(element.current);
      });
    return () => {
      gone = true;
      observer?.disconnect();
      chart.current?.dispose();
      chart.current = null;
    };
  }, []);

  useEffect(() => {
    chart.current?.setOption(optionOf(data, theme), { notMerge: true });
  }, [data, theme]);

  return (
    <div ref={element} class={onSelect === undefined ? 'chart' : 'chart selectable'} role="img" aria-label={label} />
  );
}

/** Until what was rendered is to be seen. */
function painted(): Promise<void> {
  return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
}
