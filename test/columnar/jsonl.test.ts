import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ColumnSpec, ColumnType } from '../../engine/columnar/column.ts';
import { valuesOf } from '../../engine/columnar/column-of.ts';
import { defaultMaxLineBytes, type JsonlBatch, jsonlDecoder } from '../../engine/columnar/jsonl.ts';

const spec = (name: string, type: ColumnType): ColumnSpec => ({ name, type, nullable: true });
const specs: readonly ColumnSpec[] = [
  spec('id', { kind: 'utf8' }),
  spec('org', { kind: 'dictionary' }),
  spec('at', { kind: 'timestamp' }),
  spec('day', { kind: 'date' }),
  spec('cost', { kind: 'decimal', precision: 18, scale: 6 }),
  spec('n', { kind: 'int32' }),
  spec('big', { kind: 'int64' }),
  spec('x', { kind: 'float64' }),
  spec('ok', { kind: 'bool' }),
];
const whole = { file: 0, baseOffset: 0, firstLine: 1, final: true };

function decode(text: string | Uint8Array, maxLineBytes = defaultMaxLineBytes): JsonlBatch {
  const decoder = jsonlDecoder(specs, { maxLineBytes });
  decoder.append(Buffer.from(text as string), whole);
  return decoder.finish();
}

/** The one row of a line: values that are not null, and what was rescued. */
function row(line: string): readonly [Record<string, unknown>, string | null] {
  // Twice, and with a line after it: the second time is the fast reader's, whose expectations are met.
  const batch = decode(`${line}\n${line}\n{"id":"end"}\n`);
  assert.equal(batch.rows, 3, JSON.stringify(batch.rejects));
  const [first, second] = [0, 1].map((i) => {
    const values = Object.entries(batch.columns).map(([name, column]) => [name, valuesOf(column)[i]]);
    return [Object.fromEntries(values.filter(([, v]) => v !== null)), valuesOf(batch.rescued)[i]] as const;
  });
  assert.deepEqual(first, second);
  return first as readonly [Record<string, unknown>, string | null];
}

/** The dictionary of column `org`. */
function wordsOf(batch: JsonlBatch): readonly string[] {
  const column = batch.columns.org!;
  assert.ok(column.kind === 'dictionary');
  return column.values;
}

const us = (iso: string): bigint => BigInt(Date.parse(iso)) * 1000n;

/** Line → values, rescued. */
const lines: readonly (readonly [string, Record<string, unknown>, string | null])[] = [
  ['{}', {}, null],
  ['{"id":"a","org":"b"}', { id: 'a', org: 'b' }, null],
  ['{ "id" : "a" ,\t"org":"b" } ', { id: 'a', org: 'b' }, null],
  ['{"id":"","org":" \\t"}', {}, null],
  ['{"id":"  ","org":"\u00a0"}', {}, null],
  ['{"id":" a ","org":" b"}', { id: ' a ', org: ' b' }, null],
  ['{"id":"a\\n\\"\\u00e9","org":"日本"}', { id: 'a\n"é', org: '日本' }, null],
  ['{"id":"\\ud83d\\ude00"}', { id: '😀' }, null],
  ['{"id":"\\ud800","org":"x"}', { org: 'x' }, '{"id":"\\ud800"}'],
  ['{"id":5,"org":true}', {}, '{"id":5,"org":true}'],
  ['{"id":{"a":[1, 2]},"org":[]}', {}, '{"id":{"a":[1, 2]},"org":[]}'],
  ['{"id":null,"org":null,"cost":null,"at":null,"ok":null}', {}, null],
  ['{"cost":12.5}', { cost: 12_500_000n }, null],
  ['{"cost":-0,"x":-0,"n":-0}', { cost: 0n, x: -0, n: 0 }, null],
  ['{"cost":1e3,"x":1e3,"n":1e3,"big":1e3}', { cost: 1_000_000_000n, x: 1000, n: 1000, big: 1000n }, null],
  ['{"cost":" 1e3 ","x":"1e3","n":"1e3","big":"1000.0"}', { cost: 1_000_000_000n, x: 1000, n: 1000, big: 1000n }, null],
  ['{"cost":"","x":" ","n":"","big":"\\t"}', {}, null],
  ['{"cost":1e30}', {}, '{"cost":1e30}'],
  ['{"cost":"1e30","x":1e999}', {}, '{"cost":"1e30","x":1e999}'],
  [`{"cost":${'9'.repeat(40)}}`, {}, `{"cost":${'9'.repeat(40)}}`],
  ['{"cost":0.12345678}', { cost: 123_457n }, '{"cost":0.12345678}'],
  ['{"cost":0.1234565}', { cost: 123_456n }, '{"cost":0.1234565}'],
  ['{"cost":0.1234560000}', { cost: 123_456n }, null],
  ['{"cost":"NaN","x":"Infinity","n":"0x10"}', {}, '{"cost":"NaN","x":"Infinity","n":"0x10"}'],
  ['{"cost":true,"x":false,"n":true,"big":true}', {}, '{"cost":true,"x":false,"n":true,"big":true}'],
  ['{"cost":{"a":1},"n":[3]}', {}, '{"cost":{"a":1},"n":[3]}'],
  ['{"n":12.0,"big":12.00}', { n: 12, big: 12n }, null],
  ['{"n":12.5,"big":"12.5"}', {}, '{"n":12.5,"big":"12.5"}'],
  ['{"n":-2147483648,"big":-9223372036854775808}', { n: -2147483648, big: -9223372036854775808n }, null],
  ['{"n":2147483648,"big":9223372036854775808}', {}, '{"n":2147483648,"big":9223372036854775808}'],
  ['{"x":0.1,"n":7}', { x: 0.1, n: 7 }, null],
  ['{"ok":true}', { ok: true }, null],
  ['{"ok":"False"}', { ok: false }, null],
  ['{"ok":1,"n":"yes"}', {}, '{"ok":1,"n":"yes"}'],
  ['{"ok":"yes"}', {}, '{"ok":"yes"}'],
  ['{"at":"2025-08-17T01:55:00Z"}', { at: us('2025-08-17T01:55:00Z') }, null],
  ['{"at":"2025-08-17T01:55:00.5+02:00"}', { at: us('2025-08-16T23:55:00.5Z') }, null],
  ['{"at":"2025-08-17 01:55"}', { at: us('2025-08-17T01:55:00Z') }, '{"at":"2025-08-17 01:55"}'],
  ['{"at":"2025-08-17"}', {}, '{"at":"2025-08-17"}'],
  ['{"at":1755395700}', {}, '{"at":1755395700}'],
  ['{"at":"","day":" "}', {}, null],
  ['{"day":"2025-08-17"}', { day: 20317 }, null],
  ['{"day":"2025-08-17T00:00:00Z"}', {}, '{"day":"2025-08-17T00:00:00Z"}'],
  ['{"id":"a","new":1,"b":null,"c":{"d": "}"}}', { id: 'a' }, '{"new":1,"b":null,"c":{"d": "}"}}'],
  ['{"k\\u0065y":"\\u0065","é\\n":1}', {}, '{"key":"\\u0065","é\\n":1}'],
  ['{"\\ud800":1}', {}, '{"\\ud800":1}'],
  ['{"__proto__":1,"constructor":2}', {}, '{"__proto__":1,"constructor":2}'],
  ['{"id":"a","id":"b"}', { id: 'b' }, '{"_repeated":["id"]}'],
  ['{"id":"a","\\u0069d":"b"}', { id: 'b' }, '{"_repeated":["id"]}'],
  ['{"n":"x","n":1}', { n: 1 }, '{"_repeated":["n"]}'],
  ['{"n":1,"n":"x","n":"y"}', {}, '{"n":"y","_repeated":["n"]}'],
  ['{"u":1,"v":2,"u":3}', {}, '{"v":2,"u":3,"_repeated":["u"]}'],
];
for (const [line, values, rescued] of lines) {
  test(`line ${line}`, () => assert.deepEqual(row(line), [values, rescued]));
}

const notJson = [
  ...['{"id":"a"', '{"id":"a"}}', '{"id":"a"} x', '{"id":"a",}', '{,"id":"a"}', "{'id':'a'}", '{id:"a"}', '{"id" "a"}'],
  ...[
    '{"n":01}',
    '{"n":-}',
    '{"n":1.}',
    '{"n":.5}',
    '{"n":+1}',
    '{"n":1e}',
    '{"n":0x10}',
    '{"n":NaN}',
    '{"n":Infinity}',
  ],
  ...['{"ok":tru}', '{"ok":True}', '{"ok":nul}', '{"ok":falsey}', '{"id":"\\x"}', '{"id":"\\u12g4"}', '{"id":"a\tb"}'],
  ...[
    '{"id":"a\u0000"}',
    '{"id":"a',
    '{"n":[1,]}',
    '{"n":{"a":1,}}',
    '\u00a0{}',
    '{"n":1 2}',
    '// {}',
    '{"id":}',
    '{"id"}',
  ],
];
const notObjects = [
  ['[]', 'a JSON array, not an object'],
  ['null', 'JSON null, not an object'],
  ['12', 'a JSON number, not an object'],
  ['"text"', 'a JSON string, not an object'],
  ['true', 'a JSON boolean, not an object'],
] as const;
for (const [line, reason] of [...notJson.map((l) => [l, 'not JSON'] as const), ...notObjects]) {
  test(`reject ${JSON.stringify(line)}`, () => {
    const good = '{"id":"a","org":"b"}';
    const batch = decode(`${good}\n${line}\r\n${good}\n`);
    assert.equal(batch.rows, 2);
    assert.deepEqual(batch.rejects, [
      { file: 0, line: 2, offset: good.length + 1, length: Buffer.byteLength(line), reason },
    ]);
    assert.deepEqual(valuesOf(batch.columns.id!), ['a', 'a']);
    assert.deepEqual(valuesOf(batch.columns.org!), ['b', 'b']);
  });
}

test('not UTF-8: only that line is rejected', () => {
  const bad = Buffer.from('{"id":"\xff","org":"bad"}', 'latin1');
  const batch = decode(Buffer.concat([Buffer.from('{"id":"é"}\n'), bad, Buffer.from('\n{"id":"ü"}\n')]));
  assert.deepEqual(valuesOf(batch.columns.id!), ['é', 'ü']);
  assert.deepEqual(batch.rejects, [{ file: 0, line: 2, offset: 12, length: 22, reason: 'not UTF-8' }]);
  assert.deepEqual(wordsOf(batch), []);
});

test('a line of 10 MB is rejected, one of exactly the limit is taken', () => {
  const padded = (bytes: number): string => `{"id":"${'x'.repeat(bytes - 9)}"}`;
  const long = 10_000_000;
  const batch = decode(`${padded(long)}\n${padded(1 << 20)}\r\n${padded((1 << 20) + 1)}\n{"n":1}\n`);
  assert.deepEqual([...batch.byteLength], [1 << 20, 7]);
  assert.deepEqual([...batch.line], [2, 4]);
  assert.deepEqual(
    batch.rejects.map(({ line, length, reason }) => [line, length, reason]),
    [
      [1, long, 'a line of 10000000 bytes, more than 1048576'],
      [3, (1 << 20) + 1, 'a line of 1048577 bytes, more than 1048576'],
    ],
  );
});

test('a broken line leaves no word in the dictionary', () => {
  const batch = decode('{"org":"a"}\n{"org":"new"\n{"org":"new","org":"newer"}\n{"org":"b"}\n');
  assert.deepEqual(valuesOf(batch.columns.org!), ['a', 'newer', 'b']);
  assert.deepEqual(wordsOf(batch), ['a', 'newer', 'b']);
});

test('more unknown keys than are told apart, and longer ones than are predicted', () => {
  const keys = Array.from({ length: 100 }, (_, i) => `key ${i}`);
  const wide = JSON.stringify(Object.fromEntries(keys.map((key, i) => [key, i])));
  const long = JSON.stringify({ ['k'.repeat(300)]: 1, id: 'a' });
  const batch = decode(`${wide}\n${long}\n${wide}\n${long}\n{"id":"b"}\n`);
  const rescuedLong = JSON.stringify({ ['k'.repeat(300)]: 1 });
  assert.deepEqual(valuesOf(batch.rescued), [wide, rescuedLong, wide, rescuedLong, null]);
  assert.deepEqual(valuesOf(batch.columns.id!), [null, 'a', null, 'a', 'b']);
});

test('a dictionary of many words, long ones and some alike', () => {
  const words = Array.from({ length: 5000 }, (_, i) => (i % 7 === 0 ? 'x'.repeat(i % 999) : 'organisation-') + i);
  const lines = [...words, ...words].map((word) => `{"org":"${word}"}\n`);
  const batch = decode(lines.join(''));
  assert.deepEqual(valuesOf(batch.columns.org!), [...words, ...words]);
  assert.deepEqual(wordsOf(batch), words);
});

test('nesting as deep as a line is long does not break it', () => {
  const deep = `{"u":${'['.repeat(500_000)}${']'.repeat(500_000)}}`;
  const open = `{"u":${'['.repeat(500_000)}`;
  const batch = decode(`${deep}\n${open}\n`);
  assert.deepEqual([batch.rows, batch.rescued.bytes.length], [1, deep.length]);
  assert.deepEqual(
    batch.rejects.map((r) => r.reason),
    ['not JSON'],
  );
});

test('blank lines, BOM and CRLF', () => {
  const decoder = jsonlDecoder(specs, { maxLineBytes: 100 });
  const text = '\ufeff{"id":"a"}\r\n\r\n \t\n\n{"id":"b"}\r\n';
  const progress = decoder.append(Buffer.from(text), whole);
  assert.deepEqual(progress, { consumedBytes: 33, lines: 5, rows: 2, blank: 3, rejected: 0 });
  const batch = decoder.finish();
  assert.deepEqual(
    [[...batch.line], [...batch.offset], [...batch.byteLength]],
    [
      [1, 5],
      [3, 21],
      [10, 10],
    ],
  );
});

test('a BOM anywhere but at the start of a file is not JSON', () => {
  const decoder = jsonlDecoder(specs, { maxLineBytes: 100 });
  const bytes = Buffer.from('\ufeff{"id":"a"}\n');
  assert.equal(decoder.append(bytes, { ...whole, baseOffset: 50, firstLine: 4 }).rejected, 1);
  assert.deepEqual(decoder.finish().rejects, [{ file: 0, line: 4, offset: 50, length: 13, reason: 'not JSON' }]);
});

const nothing = { consumedBytes: 0, lines: 0, rows: 0, blank: 0, rejected: 0 };
const tails: readonly (readonly [string, boolean, object])[] = [
  ['', true, nothing],
  ['\ufeff', true, nothing],
  ['{"id":"a"}', false, nothing],
  ['{"id":"a"}', true, { ...nothing, consumedBytes: 10, rows: 1 }],
  ['{"id":"a"}\r', true, { ...nothing, consumedBytes: 11, rows: 1 }],
  ['{"id":"a', true, nothing],
  ['[]', true, nothing],
  ['  ', true, nothing],
  ['{"n":1}\n{"id":"a"', true, { ...nothing, consumedBytes: 8, lines: 1, rows: 1 }],
  ['\n', true, { ...nothing, consumedBytes: 1, lines: 1, blank: 1 }],
];
for (const [text, final, progress] of tails) {
  test(`end of the bytes: ${JSON.stringify(text)}, ${final ? 'final' : 'more to come'}`, () => {
    const decoder = jsonlDecoder(specs, { maxLineBytes: 100 });
    assert.deepEqual(decoder.append(Buffer.from(text), { ...whole, final }), progress);
    assert.deepEqual(decoder.finish().rejects, []);
  });
}

test('a line taken before its end came keeps its number, and so do those after it', () => {
  const decoder = jsonlDecoder(specs, { maxLineBytes: 100 });
  const first = decoder.append(Buffer.from('{"n":1}\n{"n":2}'), whole);
  const source = { file: 0, baseOffset: first.consumedBytes, firstLine: 1 + first.lines, final: true };
  const second = decoder.append(Buffer.from('\n{"n":3}\n'), source);
  assert.deepEqual(second, { consumedBytes: 9, lines: 2, rows: 1, blank: 1, rejected: 0 });
  const batch = decoder.finish();
  assert.deepEqual(
    [[...batch.line], [...batch.offset]],
    [
      [1, 2, 3],
      [0, 8, 16],
    ],
  );
});

test('any way of cutting the bytes gives the same batch', () => {
  const text = '{"id":"é","n":1}\r\n\n{"id":"b","cost":1.1234567}\nbad\n{"id":"c","u":[]}\n{"id":"last"}';
  const bytes = Buffer.from(text);
  const expected = JSON.stringify(plain(decode(bytes)));
  for (let cut = 1; cut < bytes.length; cut++) {
    const decoder = jsonlDecoder(specs, { maxLineBytes: 100 });
    // An array of its own: nothing follows it in its buffer.
    const first = decoder.append(Uint8Array.from(bytes.subarray(0, cut)), { ...whole, final: false });
    const rest = { ...whole, baseOffset: first.consumedBytes, firstLine: 1 + first.lines };
    decoder.append(bytes.subarray(first.consumedBytes), rest);
    assert.equal(JSON.stringify(plain(decoder.finish())), expected, `cut at ${cut}`);
  }
});

test('many files and rows go into one batch', () => {
  const decoder = jsonlDecoder(specs, { maxLineBytes: 100 });
  for (let file = 0; file < 30; file++) {
    const text = Array.from({ length: 100 }, (_, i) => `{"id":"${file}-${i}","org":"o${i}","cost":${i}.5}\n`).join('');
    decoder.append(Buffer.from(text), { ...whole, file });
  }
  const batch = decoder.finish();
  assert.equal(batch.rows, 3000);
  assert.deepEqual(valuesOf(batch.columns.id!).slice(2997), ['29-97', '29-98', '29-99']);
  assert.deepEqual(valuesOf(batch.columns.org!).slice(2997), ['o97', 'o98', 'o99']);
  assert.deepEqual(valuesOf(batch.columns.cost!).slice(2998), [98_500_000n, 99_500_000n]);
  assert.deepEqual([batch.file[2999], batch.line[2999]], [29, 100]);
  assert.equal(wordsOf(batch).length, 100);
});

test('no lines: columns of no rows', () => {
  const batch = jsonlDecoder(specs, { maxLineBytes: 100 }).finish();
  assert.deepEqual(
    Object.values(batch.columns).map((c) => [c.kind, c.length, c.validity]),
    specs.map((s) => [s.type.kind, 0, null]),
  );
  assert.equal(batch.rescued.length, 0);
});

test('specs that cannot be read are refused', () => {
  assert.throws(() => jsonlDecoder([spec('raw', { kind: 'binary' })], { maxLineBytes: 100 }), /binary column/);
  assert.throws(() => jsonlDecoder([specs[0]!, specs[0]!], { maxLineBytes: 100 }), /column id is named twice/);
});

/** The batch as plain values. */
function plain(batch: JsonlBatch): object {
  const columns = Object.entries(batch.columns).map(([name, column]) => [name, valuesOf(column).map(String)]);
  const { rows, file, line, offset, byteLength, rejects } = batch;
  return {
    rows,
    columns,
    rescued: valuesOf(batch.rescued),
    places: [file, line, offset, byteLength].map(String),
    rejects,
  };
}
