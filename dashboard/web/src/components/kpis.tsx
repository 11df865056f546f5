/** The figures at the top of a page. */
import type { Compared, OverviewAnswer } from '../../../api.ts';
import type { Asked } from '../data/use-answer.ts';
import { dayText } from '../format.ts';
import { figureOf, useExplain } from '../state/figure.ts';
import { addressOf, useView, type View } from '../state/view.ts';
import { Hint } from './hint.tsx';
import { type Kpi, KpiCard } from './kpi.tsx';
import { Failure } from './states.tsx';

export interface KpiOf extends Kpi {
  readonly of: 'usage' | 'support' | 'revenue';
}

export function overviewAddress(view: View): string {
  return addressOf('/api/v1/overview', view, ['org', 'service', 'region', 'plan', 'from', 'to']);
}

interface KpisProps {
  readonly asked: Asked<OverviewAnswer>;
  readonly kpis: readonly KpiOf[];
  /** The filters that the figures are of, where they are not those of the page. */
  readonly view?: View;
}

export function Kpis({ asked, kpis, view: own }: KpisProps) {
  const [shared] = useView();
  const view = own ?? shared;
  const [, explain] = useExplain();
  const { data, problem } = asked;
  if (data === null && problem !== null) return <Failure problem={problem} />;
  return (
    <>
      <div class={`kpis of-${kpis.length}`}>
        {kpis.map(({ of, ...kpi }) => {
          const compared: Compared | null = data === null ? null : data[of];
          const value = compared?.current?.[kpi.column] ?? null;
          return (
            <KpiCard
              key={`${of} ${kpi.column}`}
              {...kpi}
              current={compared?.current}
              previous={compared?.previous}
              yearBefore={compared?.year_before}
              loading={data === null}
              live={compared?.current?.live === true}
              onClick={
                data === null
                  ? undefined
                  : () =>
                      explain(
                        figureOf(
                          {
                            cube: of,
                            measure: kpi.column,
                            stated: value,
                            source: data.sources[of],
                            period: data.period,
                            live: compared?.current?.live === true,
                          },
                          view,
                        ),
                      )
              }
            />
          );
        })}
      </div>
      <p class="note">
        {data === null ? (
          '\u00a0'
        ) : (
          <>
            {dayText(data.period.from)} to {dayText(data.period.to)}, against {dayText(data.previous.from)} to{' '}
            {dayText(data.previous.to)}. <Hint>A figure opens the rows behind it.</Hint>
          </>
        )}
      </p>
    </>
  );
}
