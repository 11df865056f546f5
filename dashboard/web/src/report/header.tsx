/** What the report is of, when it was made, and how fresh and complete the data were. */
import type { FreshnessAnswer, Organisation } from '../../../api.ts';
import { dayText, shown } from '../format.ts';
import type { View } from '../state/view.ts';
import { Instant } from './components/instant.tsx';
import { useAnswer } from './data/use-answer.ts';

export interface Subject {
  readonly view: View;
  /** The organisation named; null: all, or one that has no master row. */
  readonly organisation: Organisation | null;
}

interface HeaderProps {
  readonly name: string;
  readonly subject: Subject;
  readonly madeAt: string;
}

const dayMs = 86_400_000;

export function Header({ name, subject: { view, organisation }, madeAt }: HeaderProps) {
  const { data } = useAnswer<FreshnessAnswer>('/api/v1/freshness');
  const days = (Date.parse(view.to!) - Date.parse(view.from!)) / dayMs + 1;
  return (
    <header class="top">
      <p class="brand">Cloud Provider Analytics</p>
      <h1>{name}</h1>
      <p class="period">
        {dayText(view.from!)} to {dayText(view.to!)} <span class="faint">({shown(days, 'count')} days)</span>
      </p>
      <dl>
        {view.org !== null && (
          <Fact name="Organisation">
            {[view.org, organisation?.hq_region, organisation?.plan_tier].filter((part) => part != null).join(' · ')}
          </Fact>
        )}
        {view.service !== null && (
          <Fact name="Service">{view.service}: narrows usage, cost and carbon; the rest has no services</Fact>
        )}
        {view.region !== null && <Fact name="Region">{view.region}</Fact>}
        {view.plan !== null && <Fact name="Plan">{view.plan}</Fact>}
        <Fact name="Report made">
          <Instant at={madeAt} />
        </Fact>
        {data !== null && <Freshness {...data} />}
      </dl>
    </header>
  );
}

function Freshness({ last_day, published_at, events, audit, live }: FreshnessAnswer) {
  const { read, quarantined } = events;
  return (
    <>
      <Fact name="Data to">{last_day === null ? '–' : dayText(last_day)}</Fact>
      <Fact name="Published">
        <Instant at={published_at} />
      </Fact>
      <Fact name="Events">
        {read === 0 ? '–' : shown((read - quarantined) / read, 'rate')} of {shown(read, 'count')} in the figures
        {quarantined > 0 && `, ${shown(quarantined, 'count')} in quarantine`}
        {live > 0 && `, ${shown(live, 'count')} not confirmed by the batch layer yet`}
      </Fact>
      <Fact name="Last audit">
        {audit === null ? (
          'not run yet'
        ) : (
          <>
            <span class={audit.passed ? 'good' : 'bad'}>
              {audit.passed
                ? `✓ ${shown(audit.checks.length, 'count')} checks passed`
                : `✗ ${audit.checks
                    .filter(({ passed }) => !passed)
                    .map((check) => check.name)
                    .join(', ')} failed`}
            </span>
            , <Instant at={audit.at} />
          </>
        )}
      </Fact>
    </>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
