import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ColumnSpec, ColumnType } from '../../engine/columnar/column.ts';
import { valuesOf } from '../../engine/columnar/column-of.ts';
import { type CsvBatch, decodeCsv } from '../../engine/columnar/csv.ts';

const spec = (name: string, type: ColumnType): ColumnSpec => ({ name, type, nullable: true });
const specs: readonly ColumnSpec[] = [
  spec('id', { kind: 'utf8' }),
  spec('org', { kind: 'dictionary' }),
  spec('cost', { kind: 'decimal', precision: 9, scale: 2 }),
];

function decode(text: string | Uint8Array, columns = specs, maxRecordBytes = 1 << 20): CsvBatch {
  return decodeCsv(Buffer.from(text as string), columns, { maxRecordBytes });
}

/** Rows as arrays of values, rescued last. */
function rows(batch: CsvBatch): readonly (readonly unknown[])[] {
  const columns = [...Object.values(batch.columns), batch.rescued].map((column) => valuesOf(column));
  return Array.from({ length: batch.rows }, (_, i) => columns.map((column) => column[i]));
}

const header = 'id,org,cost\n';

/** What is wrong or odd → records after the header → rows. */
const files: readonly (readonly [string, string, readonly (readonly unknown[])[]])[] = [
  ['plain', 'a,b,1.5\n', [['a', 'b', 150n, null]]],
  ['no line end at the end', 'a,b,1.5', [['a', 'b', 150n, null]]],
  ['a line end cut short', 'a,b,1.5\r', [['a', 'b', 150n, null]]],
  [
    'CRLF',
    'a,b,1.5\r\nc,d,2\r\n',
    [
      ['a', 'b', 150n, null],
      ['c', 'd', 200n, null],
    ],
  ],
  [
    'empty cells are null',
    ',,\n"","",""\n',
    [
      [null, null, null, null],
      [null, null, null, null],
    ],
  ],
  ['blank cells are null', ' ,\t, \n', [[null, null, null, null]]],
  ['blank lines are no rows', '\n  \na,b,1\n\n\r\n', [['a', 'b', 100n, null]]],
  ['spaces are kept', ' a , b,1\n', [[' a ', ' b', 100n, null]]],
  ['commas and quotes in quotes', '"a,""b""",x,"1"\n', [['a,"b"', 'x', 100n, null]]],
  ['only quotes', '"""",""""""""""," "\n', [['"', '""""', null, null]]],
  ['line ends in quotes', '"a\nb\r\nc",x,1\n', [['a\nb\r\nc', 'x', 100n, null]]],
  ['a lone CR is text', 'a\rb,x,1\n', [['a\rb', 'x', 100n, null]]],
  ['JSON in a cell', '"[""env:prod"", ""a,b""]",x,1\n', [['["env:prod", "a,b"]', 'x', 100n, null]]],
  [
    'numbers as people type them',
    'a,b, 1e3 \na,b,+.5\n',
    [
      ['a', 'b', 100_000n, null],
      ['a', 'b', 50n, null],
    ],
  ],
  ['not a number', 'a,b,"1,5"\n', [['a', 'b', null, '{"cost":"1,5"}']]],
  ['a line end that is rescued', 'a,b,"x\n""y"\n', [['a', 'b', null, '{"cost":"x\\n\\"y"}']]],
  ['rounded', 'a,b,0.125\n', [['a', 'b', 12n, '{"cost":"0.125"}']]],
  ['out of range', 'a,b,1e30\n', [['a', 'b', null, '{"cost":"1e30"}']]],
  ['beyond ASCII', 'é,日本,1\n', [['é', '日本', 100n, null]]],
];
for (const [name, records, expected] of files) {
  test(`CSV: ${name}`, () => {
    for (const start of ['', '\ufeff']) {
      const batch = decode(start + header + records);
      assert.deepEqual(rows(batch), expected);
      assert.deepEqual(batch.rejects, []);
    }
  });
}

test('every type by its text', () => {
  const typed = [
    spec('day', { kind: 'date' }),
    spec('at', { kind: 'timestamp' }),
    spec('ok', { kind: 'bool' }),
    spec('n', { kind: 'int32' }),
    spec('big', { kind: 'int64' }),
    spec('x', { kind: 'float64' }),
  ];
  const text =
    'day,at,ok,n,big,x\n2025-06-01,2025-06-01T00:00:00Z,True,1.0,-7,1e-3\n01/06/2025,2025-06-01,1,1.5,x,inf\n';
  assert.deepEqual(rows(decode(text, typed)), [
    [20240, BigInt(Date.parse('2025-06-01')) * 1000n, true, 1, -7n, 0.001, null],
    [
      ...[null, null, null, null, null, null],
      '{"day":"01/06/2025","at":"2025-06-01","ok":"1","n":"1.5","big":"x","x":"inf"}',
    ],
  ]);
});

test('a header in another order, with missing and extra columns', () => {
  const batch = decode('new "x",cost, id \n"y,",2,a\n,3,b\n'.replace('new "x"', '"new ""x"""'));
  assert.deepEqual(batch.header, { missing: ['org'], extra: ['new "x"'] });
  assert.deepEqual(rows(batch), [
    ['a', null, 200n, '{"new \\"x\\"":"y,"}'],
    ['b', null, 300n, null],
  ]);
});

test('a header only', () => {
  const batch = decode('id,org');
  assert.equal(batch.rows, 0);
  assert.deepEqual(batch.header, { missing: ['cost'], extra: [] });
});

test('no usable header is an error', () => {
  for (const empty of ['', '\ufeff', '\n \r\n'])
    assert.throws(() => decode(empty), /CSV: no header, the file is empty/);
  assert.throws(() => decode('id,org,id\n'), /CSV: the header names column "id" twice/);
  assert.throws(() => decode('id,"org\na,b\n'), /CSV: the header has a quote that is never closed/);
  assert.throws(() => decode('id,o"rg\n'), /CSV: the header has a quote inside a cell/);
  assert.throws(() => decode(Buffer.from('id,\xff\na,b\n', 'latin1')), /CSV: the header is not UTF-8/);
});

/** Record that is no row → why. */
const bad: readonly (readonly [string, string])[] = [
  ['a,b', 'number of cells is 2, the header has 3'],
  ['a', 'number of cells is 1, the header has 3'],
  ['a,b,1,', 'number of cells is 4, the header has 3'],
  ['"a,b"', 'number of cells is 1, the header has 3'],
  ['a"b,c,1', 'a quote inside a cell that does not start with one'],
  [' "a",b,1', 'a quote inside a cell that does not start with one'],
  ['"a"b,c,1', 'text after the closing quote of a cell'],
  ['"a\nb"c,d,1', 'text after the closing quote of a cell'],
  ['[\\"env\\"],b,1', 'a quote inside a cell that does not start with one'],
  [`a,${'x'.repeat(100)},1`, 'a record of 104 bytes, more than 100'],
  [`a,"${'x\n'.repeat(50)}",1`, 'a record of 106 bytes, more than 100'],
];
for (const [record, reason] of bad) {
  test(`CSV reject: ${JSON.stringify(record)}`, () => {
    const batch = decode(`${header}a,b,1\n${record}\r\nc,d,2\n`, specs, 100);
    const lines = record.split('\n').length;
    assert.deepEqual(
      rows(batch).map((r) => r[0]),
      ['a', 'c'],
    );
    assert.deepEqual(batch.rejects, [{ line: 3, record: 2, offset: 18, length: record.length, reason }]);
    assert.deepEqual(
      [[...batch.record], [...batch.line]],
      [
        [1, 3],
        [2, 3 + lines],
      ],
    );
  });
}

test('a quote that is never closed costs its line only', () => {
  const batch = decode(`${header}a,b,1\nx,"y,2\nc,d,2\n"e\nf",g,3\n`);
  // The open quote is closed by the next one, which then is followed by text: both are one broken record.
  assert.deepEqual(
    batch.rejects.map((r) => [r.line, r.reason]),
    [
      [3, 'text after the closing quote of a cell'],
      [6, 'a quote inside a cell that does not start with one'],
    ],
  );
  const open = decode(`${header}a,b,1\nx,"y,2\nc,d,2\ne,f,3`);
  assert.deepEqual(
    rows(open).map((r) => r[0]),
    ['a', 'c', 'e'],
  );
  assert.deepEqual(open.rejects, [
    { line: 3, record: 2, offset: 18, length: 6, reason: 'a quote that is never closed' },
  ]);
});

test('not UTF-8: only that record is rejected', () => {
  const batch = decode(Buffer.concat([Buffer.from(`${header}é,b,1\n`), Buffer.from('\xff,b,1\nc,d,1\n', 'latin1')]));
  assert.deepEqual(
    rows(batch).map((r) => r[0]),
    ['é', 'c'],
  );
  assert.deepEqual(batch.rejects, [{ line: 3, record: 2, offset: 19, length: 5, reason: 'not UTF-8' }]);
});

test('places count lines inside quotes, and start after the BOM', () => {
  const batch = decode('\ufeffid,org,cost\r\n"a\n\nb",x,1\r\n\r\nc,d,2');
  assert.deepEqual([...batch.line], [2, 6]);
  assert.deepEqual([...batch.record], [1, 2]);
  assert.deepEqual([...batch.offset], [16, 30]);
  assert.deepEqual([...batch.byteLength], [10, 5]);
});

test('what is quoted by RFC 4180 comes back', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', '\r\n', ' ', 'é', 'x'), maxLength: 12 });
  const quoted = (text: string, always: boolean): string =>
    always || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  const record = fc.tuple(cell, cell, fc.boolean());
  fc.assert(
    fc.property(fc.array(record, { maxLength: 10 }), fc.constantFrom('\n', '\r\n'), (records, end) => {
      const lines = records.map(([a, b, always]) => `${quoted(a, always)},${quoted(b, always)}${end}`);
      const batch = decode(`id,org${end}${lines.join('')}`, specs.slice(0, 2));
      assert.deepEqual(batch.rejects, []);
      const expected = records.map(([a, b]) => [a, b].map((text) => (text.trim() === '' ? null : text)));
      assert.deepEqual(
        rows(batch),
        expected.map((r) => [...r, null]),
      );
    }),
    { numRuns: 1000 },
  );
});

test('any bytes: every byte after the header is in a row, a reject, or a blank line', () => {
  const alphabet = fc.constantFrom('a', '"', ',', '\n', '\r', ' ', '""', ',b,', '\xff');
  fc.assert(
    fc.property(fc.array(alphabet, { maxLength: 40 }), (parts) => {
      const bytes = Buffer.from(`id,org,cost\n${parts.join('')}`, 'latin1');
      const batch = decode(bytes);
      const spans = [
        ...Array.from(batch.offset, (offset, i) => [offset, batch.byteLength[i]!] as const),
        ...batch.rejects.map((r) => [r.offset, r.length] as const),
      ].sort((a, b) => a[0] - b[0]);
      let at = 12;
      for (const [offset, length] of [...spans, [bytes.length, 0] as const]) {
        assert.match(bytes.toString('latin1', at, offset), /^\s*$/);
        at = offset + length;
      }
      assert.equal(spans.length, batch.rows + batch.rejects.length);
    }),
    { numRuns: 1500 },
  );
});
