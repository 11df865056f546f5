/** How fast the publisher's writer loads a mart into Cassandra. */
import type { Table } from 'apache-arrow';
import { columnOfValues } from '../engine/columnar/column-of.ts';
import { tableOf } from '../engine/columnar/table.ts';
import { orgDailyUsageByService } from '../schemas/gold.ts';
import { servedMart } from '../serving/cql-type.ts';
import type { Session } from '../serving/session.ts';
import { allRows, writeRows } from '../serving/writer.ts';

/** The mart as the batch layer alone would serve it: DSBulk is given the same columns. */
export const mart = servedMart({
  ...orgDailyUsageByService,
  serving: { ...orgDailyUsageByService.serving!, speed: null },
});

const services = ['analytics', 'compute', 'database', 'genai', 'networking', 'storage'];

/** Rows as the daily usage mart has them: days of organisations of six services, some measures null. */
export function usageRows(rows: number): Table {
  const { fields } = orgDailyUsageByService;
  const days = 60;
  const columns = fields.map(({ name, type, nullable }) => {
    const values = Array.from({ length: rows }, (_, i) => {
      if (name === 'org_id') return `org_${String(Math.floor(i / (days * services.length))).padStart(6, '0')}`;
      if (name === 'usage_date') return 20_000 + (Math.floor(i / services.length) % days);
      if (name === 'service_name') return services[i % services.length]!;
      if (nullable && (i + name.length) % 7 === 0) return null;
      if (type.kind === 'decimal') return BigInt((i * 7919 + name.length * 104_729) % 100_000_000_000);
      if (type.kind === 'int32') return i % 8;
      return type.kind === 'int64' ? BigInt(i % 40) : `${name}_${i % 5}`;
    });
    return [name, columnOfValues(type, values)] as const;
  });
  return tableOf(Object.fromEntries(columns), fields);
}

/** Loads generated rows into the mart's table (migrated before) and returns the rate, rows made ready not counted. */
export async function benchLoad(
  session: Session,
  rows = 200_000,
): Promise<{ rows: number; ms: number; perSecond: number }> {
  const table = usageRows(rows);
  const start = performance.now();
  const written = await writeRows(session, mart, table, allRows(table), Date.now() * 1000);
  const ms = performance.now() - start;
  return { rows: written, ms, perSecond: Math.round((written / ms) * 1000) };
}
