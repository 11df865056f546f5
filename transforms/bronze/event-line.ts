/** Events back to lines, where the line itself is gone. */
import { formatDecimal } from '../../engine/columnar/decimal.ts';
import { eventColumns } from './event-columns.ts';
import type { EventRow } from './event-row.ts';

/** A JSON line that states what the row does: fields without a value are left out, what was rescued is stated as it was. */
export function eventLine(event: EventRow): string {
  const members = new Map<string, string>();
  for (const { name, type } of eventColumns) {
    const value = event[name] ?? null;
    if (value === null) continue;
    members.set(
      name,
      type.kind === 'decimal'
        ? formatDecimal(value as bigint, type.scale)
        : JSON.stringify(type.kind === 'timestamp' ? instant(value as bigint) : value),
    );
  }
  for (const [name, value] of Object.entries(JSON.parse((event.rescued as string | null) ?? '{}') as object)) {
    if (name !== '_repeated') members.set(name, JSON.stringify(value));
  }
  return `{${[...members].map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`;
}

/** With six digits after the second. */
function instant(us: bigint): string {
  const [ms, rest] = [us / 1000n, us % 1000n];
  return new Date(Number(ms)).toISOString().replace('Z', `${String(rest).padStart(3, '0')}Z`);
}
