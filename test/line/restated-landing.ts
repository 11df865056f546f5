/** A landing zone with events that a re-drive can bring in: once its files landed later than they seem to, or restatements are accepted. */
import { utimesSync } from 'node:fs';
import { eventLine, type SmallLanding, smallLanding } from './small-landing.ts';

const folder = 'usage_events_stream';

export interface RestatedLanding extends SmallLanding {
  /** Corrects when the files with events after their landing have landed. */
  mend(): void;
}

/**
 * Of 16 lines: `early1`, `early2` (of more than 64 KiB) and a repeat of the first seem to lie days after their files landed; `grown` is
 * repeated with a field more; `moved` is restated twice, of other days; `double` comes in two contradicting lines, both early; one line is
 * no event, one costs nothing.
 */
export function restatedLanding(): RestatedLanding {
  const landing = smallLanding();
  const old = { schema_version: 1, carbon_kg: undefined };
  const early = { timestamp: '2025-07-20T08:00:00Z' };
  landing.events(
    'a.jsonl',
    [
      eventLine('plain'),
      eventLine('grown', old),
      eventLine('moved', { cost_usd_increment: 4 }),
      eventLine('early1', early),
      eventLine('early2', { ...early, note: 'x'.repeat(100_000), cost_usd_increment: 3 }),
      eventLine('double', { ...early, cost_usd_increment: 10 }),
      '{"event_id": "broken"',
    ],
    '2025-07-10T00:00:00Z',
  );
  landing.events(
    'b.jsonl',
    [
      eventLine('plain'),
      eventLine('grown', { schema_version: 2 }),
      eventLine('moved', { cost_usd_increment: 5, timestamp: '2025-07-04T10:00:00Z' }),
      eventLine('costless', { cost_usd_increment: null }),
      eventLine('other', { timestamp: '2025-07-04T11:00:00Z', cost_usd_increment: 2 }),
    ],
    '2025-07-11T00:00:00Z',
  );
  landing.events(
    'c.jsonl',
    [
      eventLine('moved', { cost_usd_increment: 6, timestamp: '2025-07-05T10:00:00Z' }),
      eventLine('early1', early),
      eventLine('double', { ...early, cost_usd_increment: 20 }),
      eventLine('last', { timestamp: '2025-07-05T10:00:00Z' }),
    ],
    '2025-07-12T00:00:00Z',
  );
  return {
    ...landing,
    mend: () => {
      const at = new Date('2025-07-25T00:00:00Z');
      for (const file of ['a.jsonl', 'c.jsonl']) utimesSync(landing.path(`${folder}/${file}`), at, at);
    },
  };
}
