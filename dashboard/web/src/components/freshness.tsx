/** How fresh and how complete the data is, at a glance, on every page. */
import { useEffect, useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import type { FreshnessAnswer } from '../../../api.ts';
import { useAnswer } from '../data/use-answer.ts';
import { agoText, dayText, shown } from '../format.ts';
import { usePageAddress } from '../state/view.ts';

export function Freshness() {
  const { data } = useAnswer<FreshnessAnswer>('/api/v1/freshness');
  const address = usePageAddress();
  const now = useNow();
  if (data === null) return <div class="freshness" aria-hidden="true" />;
  const { last_day, published_at, events, audit, live } = data;
  const complete = events.read === 0 ? null : (events.read - events.quarantined) / events.read;
  return (
    <Link class="freshness" href={address('/data')}>
      <span>
        <b>Data to</b> {last_day === null ? '–' : dayText(last_day)}
      </span>
      <span>
        <b>Events</b> {complete === null ? '–' : shown(complete, 'rate')} in the figures
        {events.quarantined > 0 && `, ${shown(events.quarantined, 'count')} in quarantine`}
      </span>
      <span class={audit === null ? '' : audit.passed ? 'good' : 'bad'}>
        <b>Audit</b> {audit === null ? 'not run yet' : audit.passed ? '✓ passed' : '✗ failed'}
      </span>
      {live > 0 && (
        <span class="live">
          <b>Live</b> {shown(live, 'count')} events not confirmed by the batch layer yet
        </span>
      )}
      {/* Last: its width changes by itself. */}
      <span>
        <b>Published</b> {published_at === null ? 'never' : agoText(now - Date.parse(published_at))}
      </span>
    </Link>
  );
}

function useNow(): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 5000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
