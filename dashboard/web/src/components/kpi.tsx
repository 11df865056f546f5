/** One figure with its change. */
import type { Row } from '../../../api.ts';
import { changeOf, changeText, shown, type Unit } from '../format.ts';

export interface Kpi {
  readonly title: string;
  readonly column: string;
  readonly unit: Unit;
  /** Whether more is better; null: neither. */
  readonly better?: 'more' | 'less';
}

interface KpiProps extends Kpi {
  readonly current: Row | null | undefined;
  readonly previous: Row | null | undefined;
  readonly yearBefore: Row | null | undefined;
  readonly loading: boolean;
  /** Some of it is the speed layer's. */
  readonly live?: boolean;
  readonly onClick?: (() => void) | undefined;
}

export function KpiCard({
  title,
  column,
  unit,
  better,
  current,
  previous,
  yearBefore,
  loading,
  live,
  onClick,
}: KpiProps) {
  const value = current?.[column] ?? null;
  const text = shown(value, unit);
  return (
    <div class="kpi" aria-busy={loading}>
      <h3>
        {title}
        {live && (
          <span class="live" title="Some of it is not confirmed by the batch layer yet">
            live
          </span>
        )}
      </h3>
      {loading ? (
        <div class="value skeleton" role="status" aria-label="Loading" />
      ) : onClick === undefined || value === null ? (
        <div class="value" title={value === null ? undefined : String(value)}>
          {text}
        </div>
      ) : (
        <button type="button" class="value figure" title={`${value}: see the rows behind it`} onClick={onClick}>
          {text}
        </button>
      )}
      <div class="changes">
        <Change name="before" now={value} then={previous?.[column]} better={better} unit={unit} />
        <Change name="a year ago" now={value} then={yearBefore?.[column]} better={better} unit={unit} />
      </div>
    </div>
  );
}

function Change({
  name,
  now,
  then,
  better,
  unit,
}: {
  readonly name: string;
  readonly now: Row[string];
  readonly then: Row[string] | undefined;
  readonly better: Kpi['better'];
  readonly unit: Unit;
}) {
  const change = changeOf(now, then);
  if (change === null) return <span class="faint">no data {name}</span>;
  const good =
    better === undefined || Math.abs(change) < 0.0005 ? '' : change > 0 === (better === 'more') ? ' good' : ' bad';
  return (
    <span class={`change${good}`} title={`${shown(then ?? null, unit)} ${name}`}>
      {changeText(change)} <span class="faint">vs {name}</span>
    </span>
  );
}
