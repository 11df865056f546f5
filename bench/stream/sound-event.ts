/** What a line of a live source has to be to reach the marts, said in few words and not by the code that is measured. */
import { type UsageKey, usageKeyText } from './usage-key.ts';

export interface SoundEvent {
  readonly id: string;
  /** Text of the key of its row in the daily usage mart. */
  readonly key: string;
}

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const dayMs = 86_400_000;

/** The event of a line that `cpa produce` has written; null when the line ends in the quarantine. */
export function soundEvent(line: string, nowMs: number): SoundEvent | null {
  // Bytes that were not UTF-8.
  if (line.includes('\ufffd')) return null;
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof event !== 'object' || event === null || Array.isArray(event)) return null;
  const { event_id, timestamp, org_id, service, cost_usd_increment, value, carbon_kg } = event as Record<
    string,
    unknown
  >;
  if (!isText(event_id) || !isText(timestamp) || !isText(org_id) || !isText(service)) return null;
  if (!instant.test(timestamp) || !isNear(timestamp, nowMs)) return null;
  if (!(typeof cost_usd_increment === 'number' && cost_usd_increment >= 0 && cost_usd_increment < 1e9)) return null;
  if (value !== null && !(Math.abs(Number.parseFloat(String(value))) < 1e9)) return null;
  if (carbon_kg !== undefined && !(Number(carbon_kg) < 1e6)) return null;
  const key: UsageKey = { org: org_id, day: timestamp.slice(0, 10), service };
  return { id: event_id, key: usageKeyText(key) };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** A day that there is, not a year away. */
function isNear(timestamp: string, nowMs: number): boolean {
  const ms = Date.parse(timestamp);
  return Math.abs(ms - nowMs) < 365 * dayMs && new Date(ms).toISOString().startsWith(timestamp.slice(0, 19));
}
