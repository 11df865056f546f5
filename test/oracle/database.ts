/** DuckDB for the oracle: the landing zone as tables of text, and macros for exact decimals. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { landingLines } from './landing-lines.ts';

/** A value of a row as the oracle gives it: decimals, dates and text as text; counts as numbers. */
export type OracleRow = Readonly<Record<string, string | number | boolean | null>>;

/** The key of each master, by file name. */
export const masterKeys: Readonly<Record<string, readonly string[]>> = {
  customers_orgs: ['org_id'],
  users: ['user_id'],
  resources: ['resource_id'],
  support_tickets: ['ticket_id'],
  marketing_touches: ['touch_id'],
  nps_surveys: ['org_id', 'survey_date'],
  billing_monthly: ['invoice_id'],
};

/**
 * `exact(t)`: numeric text as decimal(38,12), null when it is not numeric or beyond 10^26. `to_even6(x)`, `to_even9(x)`: x
 * rounded half to even to 6 or 9 digits. `units(x, p)`: x·p as an integer. `ratio(n, d, k)`: n·k/d of integers, in units of
 * 10^-12, half to even; null when d is 0 or null.
 */
const macros = `
create macro numeric_text(t) as regexp_full_match(t, '[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?');
create macro exact(t) as case when numeric_text(t) then try_cast(t as decimal(38,12)) end;
create macro even_units(x, p) as (
  sign(x) * (cast(floor(abs(x) * p) as hugeint)
    + case when abs(x) * p - floor(abs(x) * p) > 0.5
             or (abs(x) * p - floor(abs(x) * p) = 0.5 and cast(floor(abs(x) * p) as hugeint) % 2 = 1)
           then 1 else 0 end));
create macro to_even6(x) as cast(even_units(x, 1000000) as decimal(38,0)) * cast(0.000001 as decimal(7,6));
create macro to_even9(x) as cast(even_units(x, 1000000000) as decimal(38,0)) * cast(0.000000001 as decimal(10,9));
create macro units(x, p) as cast(x * p as hugeint);
create macro ratio(n, d, k) as case when d <> 0 then
  cast((case when (n < 0) <> (d < 0) then -1 else 1 end) * (
    (abs(n) * k) // abs(d) + case when 2 * ((abs(n) * k) % abs(d)) > abs(d)
      or (2 * ((abs(n) * k) % abs(d)) = abs(d) and ((abs(n) * k) // abs(d)) % 2 = 1) then 1 else 0 end) as decimal(38,0))
  * cast(0.000000000001 as decimal(13,12)) end;
`;

/** An in-memory database holding `raw_lines`, `raw_<master>` (with `row` and a hash, `content`) and the macros; the caller closes it. */
export async function landingDatabase(landing: string): Promise<{ connection: DuckDBConnection; waiting: number }> {
  const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  await connection.run(`set timezone = 'UTC'`);
  await connection.run(macros);
  await connection.run('create table raw_lines(id integer, file varchar, row integer, landed timestamp, line varchar)');
  const { lines, waiting } = landingLines(landing);
  const appender = await connection.createAppender('raw_lines');
  lines.forEach(({ file, row, text, landedMs }, i) => {
    appender.appendInteger(i);
    appender.appendVarchar(file);
    appender.appendInteger(row);
    appender.appendTimestamp({ micros: BigInt(Math.floor(landedMs)) * 1000n } as never);
    if (text === null) appender.appendNull();
    else appender.appendVarchar(text);
    appender.endRow();
  });
  appender.closeSync();
  for (const name of Object.keys(masterKeys)) {
    const path = join(landing, `${name}.csv`).replaceAll("'", "''");
    if (!existsSync(path)) throw new Error(`no ${name}.csv in ${landing}`);
    await connection.run(`create table raw_${name} as select row_number() over () as row, hash(t) as content, t.*
      from read_csv('${path}', all_varchar = true, header = true, delim = ',', quote = '"', escape = '"', nullstr = '') t`);
  }
  return { connection, waiting };
}

/** The rows of a query. */
export async function rowsOf(connection: DuckDBConnection, sql: string): Promise<OracleRow[]> {
  const rows = await (await connection.runAndReadAll(sql)).getRowObjectsJS();
  return rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(name, value)])));
}

function plain(name: string, value: unknown): string | number | boolean | null {
  if (typeof value === 'bigint') return Number(value);
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value;
  throw new Error(`column ${name} must be cast in SQL: ${String(value)}`);
}
