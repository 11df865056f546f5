/** The event-time watermark of the stream. */
import { bronzeUsageEvents } from '../schemas/bronze.ts';
import type { ActivityContext } from './context.ts';

/** The latest event in Bronze minus the delay, microseconds; null before the first event. */
export async function watermark({ lake, watermarkDelayMs }: ActivityContext): Promise<number | null> {
  const snapshot = await lake.table(bronzeUsageEvents.name).latest();
  let latest = Number.NEGATIVE_INFINITY;
  for (const file of snapshot?.files ?? []) {
    const max = file.stats.maxValues?.timestamp;
    if (typeof max === 'string') latest = Math.max(latest, Date.parse(max) * 1000);
  }
  return Number.isFinite(latest) ? latest - watermarkDelayMs * 1000 : null;
}
