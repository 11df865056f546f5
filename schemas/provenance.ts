/** Where a row came from: the technical fields of Bronze and Silver rows. */
import { type Field, int32, int64, technical, timestamp, utf8 } from './contract.ts';

export const provenance: readonly Field[] = [
  technical('ingest_ts', timestamp, 'When the row entered Bronze'),
  technical('source_file', { kind: 'dictionary' }, 'Landing file, relative to the landing zone'),
  technical('source_generation', int32, 'Generation of that file: grows when it is replaced'),
  technical('source_row', int64, 'Line in the file, from 1'),
  technical('source_offset', int64, 'Byte offset of the line in the file'),
  technical('source_length', int32, 'Bytes of the line, without its line end'),
];

export const rescued = {
  name: 'rescued',
  type: utf8,
  nullable: true,
  technical: false,
  doc: 'JSON object: unknown fields, and the raw text of values that did not fit their type',
} as const satisfies Field;

/** What Silver keeps of it: enough to find the line. */
export const origin: readonly Field[] = provenance.filter((f) =>
  ['ingest_ts', 'source_file', 'source_row'].includes(f.name),
);
