/** Silver rows: each is made of the Bronze row of its key. */
import { masters } from '../../../schemas/bronze.ts';
import type { Field, TableContract } from '../../../schemas/contract.ts';
import { conformedMasters, dimOrgs, dimResources, silverUsageEvents } from '../../../schemas/silver.ts';
import { carried, type Measure, sumOf } from '../measure.ts';
import type { Origin, Source } from '../origin.ts';
import { sameAs } from '../picked-rows.ts';

const bronzeEvents = silverUsageEvents.upstream[0]!.table;
/** What Bronze calls otherwise. */
const renamed: Readonly<Record<string, string>> = { event_ts: 'timestamp', cost_usd: 'cost_usd_increment' };

/** Where a Bronze row stood. */
export const provenanceColumns = [
  'rescued',
  'ingest_ts',
  'source_file',
  'source_generation',
  'source_row',
  'source_offset',
  'source_length',
] as const;

function bronzeRow(table: string, key: readonly string[], listed: readonly string[]): Source {
  return {
    table,
    tested: key,
    picks: (columns, row) =>
      sameAs(
        key.map((name) => columns[name]!),
        key.map(row.column),
      ),
    listed: [...listed, ...provenanceColumns],
    order: key,
  };
}

const events: Origin = {
  sources: [
    bronzeRow(
      bronzeEvents,
      ['event_id'],
      [
        'event_id',
        'timestamp',
        'org_id',
        'resource_id',
        'service',
        'region',
        'metric',
        'value',
        'unit',
        'cost_usd_increment',
        'carbon_kg',
        'genai_tokens',
        'schema_version',
        'is_late',
      ],
    ),
  ],
  measures: Object.fromEntries([
    ...['cost_usd', 'value', 'carbon_kg', 'genai_tokens'].map((name): [string, Measure] => [
      name,
      sumOf(bronzeEvents, renamed[name] ?? name),
    ]),
    ...['event_ts', 'org_id', 'resource_id', 'service', 'region', 'metric'].map((name): [string, Measure] => [
      name,
      carried(bronzeEvents, renamed[name] ?? name),
    ]),
  ]),
};

/** Of a master, fields that Silver takes over as they are: codes are brought into one form. */
function takenOver(fields: readonly Field[], table: string): Record<string, Measure> {
  const same = fields.filter(({ type, technical }) => !technical && type.kind !== 'dictionary' && type.kind !== 'utf8');
  return Object.fromEntries(
    same.map(({ name, type }) => [name, type.kind === 'decimal' ? sumOf(table, name) : carried(table, name)]),
  );
}

function conformed(contract: TableContract): Origin {
  const bronze = contract.upstream[0]!.table;
  const fields = contract.fields.filter((field) => !field.technical && field.name !== 'flags');
  return {
    sources: [
      bronzeRow(
        bronze,
        contract.key,
        fields.map((field) => field.name),
      ),
    ],
    measures: takenOver(fields, bronze),
  };
}

function dimension({ source, id, fields, tracked }: typeof dimOrgs): Origin {
  const bronze = masters.find((master) => master.name === source)!.contract;
  return {
    sources: [bronzeRow(bronze.name, [id], [id, ...tracked])],
    measures: takenOver(
      fields.filter((field) => tracked.includes(field.name)),
      bronze.name,
    ),
  };
}

export const silverOrigins: Readonly<Record<string, Origin>> = {
  [silverUsageEvents.name]: events,
  ...Object.fromEntries(conformedMasters.map((contract) => [contract.name, conformed(contract)])),
  ...Object.fromEntries([dimOrgs, dimResources].map((contract) => [contract.name, dimension(contract)])),
};
