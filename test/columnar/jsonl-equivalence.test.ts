/** The fast reader against the complete one, and both against `JSON.parse`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RowBuilder } from '../../engine/columnar/builder-row.ts';
import type { ColumnSpec } from '../../engine/columnar/column.ts';
import { valuesOf } from '../../engine/columnar/column-of.ts';
import { FastReader, slackBytes } from '../../engine/columnar/jsonl-fast.ts';
import { readLine } from '../../engine/columnar/jsonl-line.ts';

const specs: readonly ColumnSpec[] = [
  { name: 'id', type: { kind: 'utf8' }, nullable: true },
  { name: 'at', type: { kind: 'timestamp' }, nullable: true },
  { name: 'org', type: { kind: 'dictionary' }, nullable: true },
  { name: 'value', type: { kind: 'decimal', precision: 18, scale: 6 }, nullable: true },
  { name: 'n', type: { kind: 'int32' }, nullable: true },
  { name: 'big', type: { kind: 'int64' }, nullable: true },
  { name: 'x', type: { kind: 'float64' }, nullable: true },
  { name: 'ok', type: { kind: 'bool' }, nullable: true },
  { name: 'day', type: { kind: 'date' }, nullable: true },
];

/** Rows of the lines that `read` takes, `null` for the others. */
function rowsOf(builder: RowBuilder, taken: readonly boolean[]): readonly unknown[] {
  const { columns, rescued } = builder.finish();
  const values = [...Object.values(columns), rescued].map((column) => valuesOf(column));
  let row = 0;
  return taken.map((t) => {
    if (!t) return null;
    const i = row++;
    return values.map((column) => column[i]);
  });
}

function slow(lines: readonly Uint8Array[]): readonly unknown[] {
  const builder = new RowBuilder(specs);
  const target = { ...builder, index: new Map(specs.map((spec, i) => [spec.name, i])) };
  const taken = lines.map((line) => {
    if (readLine(line, 0, line.length, target, builder.rows) !== null) return false;
    builder.endRow();
    return true;
  });
  return rowsOf(builder, taken);
}

/** Also says which lines it left to the complete reader: those are null too. */
function fast(lines: readonly Uint8Array[]): readonly unknown[] {
  const builder = new RowBuilder(specs);
  const reader = new FastReader(builder, 1 << 20);
  const bytes = Buffer.concat([...lines.flatMap((line) => [line, Buffer.from('\n')]), Buffer.alloc(slackBytes)]);
  reader.attach(bytes);
  let start = 0;
  const taken = lines.map((line) => {
    const end = reader.read(start);
    if (end !== -1) {
      assert.equal(end, start + line.length);
      builder.endRow();
    }
    start += line.length + 1;
    return end !== -1;
  });
  return rowsOf(builder, taken);
}

/** Fast equals slow wherever fast takes the line; slow takes exactly the lines that are JSON objects. */
function check(lines: readonly string[]): number {
  const bytes = lines.map((line) => Buffer.from(line));
  const expected = slow(bytes);
  const actual = fast(bytes);
  let took = 0;
  lines.forEach((line, i) => {
    assert.equal(expected[i] !== null, isObject(bytes[i]!.toString()), `complete reader on ${line}`);
    if (actual[i] === null) return;
    took++;
    assert.deepEqual(actual[i], expected[i], `fast reader on ${line}`);
  });
  return took;
}

function isObject(line: string): boolean {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

const blank = fc.constantFrom('', '', ' ', '  ', '\t', '\r');
const texts = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    'ä',
    '\u00a0',
    '日本',
    'org_1',
    'org_12',
    'a\\u00e9',
    'a\\nb',
    '\\ud800',
    '😀',
    'x\u007f',
    '\u2028',
  ),
  fc.constantFrom(
    '2025-08-17T01:55:00Z',
    '2025-08-17 01:55',
    '2025-02-30T00:00:00Z',
    '2025-08-17',
    '0.5',
    ' 12 ',
    'True',
  ),
  fc.string({ unit: 'grapheme', maxLength: 40 }).map((s) => JSON.stringify(s).slice(1, -1)),
);
const numbers = fc.oneof(
  fc.constantFrom(
    '0',
    '-0',
    '12',
    '12.0',
    '12.5',
    '1e3',
    '8e-05',
    '1E+2',
    '1e30',
    '01',
    '-',
    '1.',
    '.5',
    '+1',
    '1e',
    '0x1',
  ),
  fc.constantFrom(
    'NaN',
    'Infinity',
    '2147483648',
    '9223372036854775807',
    '-9223372036854775808',
    '9223372036854775808',
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }).map(String),
  fc.tuple(fc.integer(), fc.nat({ max: 99_999_999 })).map(([a, b]) => `${a}.${b}`),
);
const values = fc.oneof(
  { weight: 4, arbitrary: texts.map((t) => `"${t}"`) },
  { weight: 4, arbitrary: numbers },
  fc.constantFrom(
    'null',
    'true',
    'false',
    'nul',
    'trues',
    'falsy',
    'True',
    'undefined',
    '{}',
    '[1,2]',
    '{"a":{"b":"}"}}',
    '[',
    '',
  ),
);
const keys = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...specs.map((spec) => spec.name)) },
  fc.constantFrom('other', 'é', '', 'v\\u0061lue', '__proto__', 'constructor'),
);
const member = fc
  .tuple(blank, keys, blank, blank, values, blank)
  .map(([a, key, b, c, value, d]) => `${a}"${key}"${b}:${c}${value}${d}`);
const line = fc
  .tuple(fc.array(member, { maxLength: 8 }), fc.constantFrom('', '', '', ' ', ',', '}', 'x', '\u0000'))
  .map(([members, tail]) => `{${members.join(',')}}${tail}`);

test('random lines: the fast reader agrees with the complete one, and that with JSON.parse', () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
      check(lines);
    }),
    { numRuns: 1500 },
  );
});

const event =
  '{"id": "evt_nwlh5boz2guf", "at": "2025-08-17T01:55:00Z", "org": "org_cvs4f8cg", "value": 12.5, "n": 2, "ok": true, "day": "2025-08-17", "x": 1e3, "big": 7}';

test('mutated lines: one byte changed, dropped or doubled anywhere', () => {
  const mutation = fc.tuple(
    fc.nat({ max: event.length - 1 }),
    fc.constantFrom(...'"\\{}[]:,.-+0123456789eEtfnul \t\r\u0000\u001fé'),
    fc.constantFrom('set', 'insert', 'drop', 'double'),
  );
  fc.assert(
    fc.property(fc.array(fc.array(mutation, { maxLength: 2 }), { minLength: 1, maxLength: 20 }), (mutants) => {
      check(
        mutants.map((mutations) =>
          mutations.reduce((text, [at, char, how]) => {
            const kept = how === 'double' || how === 'insert' ? at : at + 1;
            return text.slice(0, at) + (how === 'drop' ? '' : how === 'double' ? text[at] : char) + text.slice(kept);
          }, event),
        ),
      );
    }),
    { numRuns: 3000 },
  );
});

test('the fast reader takes the common shapes itself', () => {
  const shapes = [
    event,
    event.replaceAll(': ', ':').replaceAll(', ', ','),
    '{"id":"a"}',
    '{"id":"a","unknown":1,"other":"text","value":"1.25","at":null}',
    '{"value":1.23456789,"n":12.5,"id":5,"ok":"yes"}',
    '{"org":"","id":"  "}',
    '{ "id" : "a" , "n" : 3 } \r',
    '{"id":"a\\nb","org":"\\u00e9","value":{"a":["}"]},"u":[]}',
    '{"id":"\\ud800","at":"2025-08-17T01:55:00\\u005a"}',
  ];
  assert.equal(check([...shapes, ...shapes]), shapes.length * 2);
});

test('numbers of any number of digits on both sides of the point', () => {
  const digits = fc.array(fc.constantFrom(...'0123456789'), { maxLength: 14 }).map((list) => list.join(''));
  const number = fc
    .tuple(
      fc.constantFrom('', '', '-'),
      digits,
      fc.constantFrom('.', '.', ''),
      digits,
      fc.constantFrom('', '', '', 'e1', 'E-3', 'x'),
    )
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.array(number, { minLength: 1, maxLength: 20 }), (list) => {
      check(list.map((text) => `{"value":${text},"n":1}`));
      check(list.map((text) => `{"value":${text}}`));
    }),
    { numRuns: 3000 },
  );
  const plain = ['0', '-0', '7', '12', '345', '6789', '12345', '1234567', '0.1', '12.3456', '-123.45', '99999.9999'];
  assert.equal(check(plain.map((text) => `{"value":${text}}`)), plain.length);
});

test('a value with escapes is not taken for the same bytes without: there they end the string elsewhere', () => {
  check(['{"org":"a\\\\"}', '{"org":"a\\","n":1}', '{"org":"a\\",\\"n\\":1"}']);
  check(['{"org":"abcdefgh\\"i"}', '{"org":"abcdefgh"i","n":1}']);
  check(['{"org":"abcdefgh\\ti"}', '{"org":"abcdefgh\ti"}']);
});

test('values of any length are recognised when they come again, and told from longer and shorter ones', () => {
  const long = 'x'.repeat(60);
  const lines = Array.from(long, (_, n) => `{"org":"${long.slice(0, n)}","n":${n}}`);
  const ends = ['y', ' ', 'é'].flatMap((end) => lines.map((_, n) => `{"org":"${long.slice(0, n)}${end}"}`));
  const all = [...lines, ...ends, ...lines.toReversed(), ...ends];
  assert.equal(check(all), all.length);
});

test('it leaves repeated and escaped keys, and the empty object, to the complete reader', () => {
  assert.equal(check(['{"id":"a","id":"b"}', '{"u":1,"u":2}', '{"\\u0069d":"a"}', '{}']), 0);
});
