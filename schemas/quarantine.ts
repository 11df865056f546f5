/** Quarantine: rejected rows with their raw bytes and the reason, once each. */
import {
  binary,
  date,
  dictionary,
  field,
  int32,
  int64,
  money,
  required,
  type TableContract,
  technical,
  timestamp,
  utf8,
} from './contract.ts';

/** Bytes of a rejected line that are kept; `byte_length` says how long it was. */
export const keptBytes = 65536;

/** The quarantine of a landing source (`usage_events`, or a master's name). */
export function quarantineOf(source: string): TableContract {
  return {
    name: `quarantine.${source}`,
    layer: 'quarantine',
    doc: `Rows of ${source} that were rejected, with their raw bytes and the reason`,
    key: ['source_file', 'source_generation', 'source_offset'],
    partition: 'detected_date',
    fields: [
      required('source_file', utf8, 'Landing file, relative to the landing zone'),
      required('source_generation', int32, 'Generation of that file'),
      required('source_offset', int64, 'Byte offset of the line'),
      required('source_row', int64, 'Line in the file, from 1'),
      required('byte_length', int64, 'Bytes of the line, without its line end'),
      field('raw', binary, 'The first 64 KiB of the line'),
      required('layer', dictionary, 'Layer that rejected the row: bronze or silver'),
      required('rule_id', dictionary, 'Rule that rejected it'),
      field('reason', utf8, 'What was wrong, with the value'),
      field('event_id', utf8, 'Key of the row, where it could be read'),
      field('event_date', date, 'UTC day of the event, where it could be read'),
      field('org_id', dictionary, 'Organisation, where it could be read'),
      field('money_held', money, 'Cost of the row, where it could be read'),
      technical('first_seen', timestamp, 'When the row was first rejected'),
      technical('run_id', utf8, 'Workflow run that rejected it'),
      { ...required('detected_date', date, 'UTC day of `first_seen`'), technical: true },
    ],
    upstream: [],
    rulesVersion: 1,
    serving: null,
  };
}
