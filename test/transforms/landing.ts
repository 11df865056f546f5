/** The original landing data through the transforms, for tests that run where the data is. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Table } from 'apache-arrow';
import { decodeCsv } from '../../engine/columnar/csv.ts';
import { defaultMaxLineBytes, jsonlDecoder } from '../../engine/columnar/jsonl.ts';
import { masters } from '../../schemas/bronze.ts';
import { conformedMasters, dimOrgs, dimResources } from '../../schemas/silver.ts';
import { eventColumns } from '../../transforms/bronze/event-columns.ts';
import { bronzeEvents } from '../../transforms/bronze/events.ts';
import { bronzeMaster } from '../../transforms/bronze/master.ts';
import { conformed } from '../../transforms/silver/conformed.ts';
import { scd2 } from '../../transforms/silver/dimension.ts';
import { silverEvents } from '../../transforms/silver/events.ts';

/** The landing zone beside the repository. */
export const landing = join(process.cwd(), '..', 'shared', 'data', 'landing');

/** What to tell `node:test`: `false`, or why the test does not run. */
export const skipWithoutLanding: string | false = existsSync(landing) ? false : 'the original data is not here';

/** When the original data landed, for tests: after its last event. */
export const landedUs = Date.UTC(2025, 8, 1) * 1000;

const context = { generation: 0, ingestUs: landedUs };

/** The Bronze table of a master. */
export function bronzeOf(name: string): Table {
  const source = masters.find((m) => m.name === name)!;
  const specs = source.contract.fields.filter((f) => !f.technical && f.name !== 'rescued' && f.name !== 'survey_month');
  const csv = decodeCsv(readFileSync(join(landing, source.file)), specs, { maxRecordBytes: defaultMaxLineBytes });
  return bronzeMaster(source, csv, { ...context, file: source.file }).table;
}

/** All events as rows of Bronze. */
export function bronzeUsage() {
  const folder = join(landing, 'usage_events_stream');
  const names = readdirSync(folder).toSorted();
  const decoder = jsonlDecoder(eventColumns, { maxLineBytes: defaultMaxLineBytes });
  names.forEach((name, file) => {
    decoder.append(readFileSync(join(folder, name)), { file, baseOffset: 0, firstLine: 1, final: true });
  });
  const files = names.map((name) => ({ file: `usage_events_stream/${name}`, generation: 0, landedUs }));
  return bronzeEvents(decoder.finish(), { files, ingestUs: landedUs, watermarkUs: null });
}

/** Bronze and Silver of everything. */
export function loadLanding() {
  const orgs = scd2(dimOrgs, [{ instantUs: landedUs, table: bronzeOf('customers_orgs') }]);
  const resources = scd2(dimResources, [{ instantUs: landedUs, table: bronzeOf('resources') }]);
  const bronze = bronzeUsage();
  const silver = silverEvents(bronze.table, orgs, resources);
  const master = (name: string): Table => {
    const contract = conformedMasters.find((c) => c.name === `silver.${name}`)!;
    return conformed(contract, bronzeOf(contract.upstream[0]!.table.replace('bronze.', '')), orgs);
  };
  return { orgs, resources, bronze, silver, master };
}
