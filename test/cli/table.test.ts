import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { csvOf, jsonOf, kindsOf, type Result } from '../../cli/format.ts';
import { textTable } from '../../cli/table.ts';
import { textWidth, truncated } from '../../cli/text-width.ts';

const result: Result = {
  columns: [
    { name: 'name', kind: 'text' },
    { name: 'day', kind: 'time' },
    { name: 'rows', kind: 'count' },
    { name: 'cost', kind: 'number' },
    { name: 'note', kind: 'text' },
  ],
  rows: [
    ['a rather long name of a table', '2025-08-14', 1234567n, '-1234567.50', 'and a longer note that nobody reads'],
    ['b', '2025-08-15', null, '0.00', null],
  ],
};

test('without a limit nothing is cut', () => {
  const { text, omitted } = textTable(result, { width: null, colour: false });
  assert.deepEqual(omitted, []);
  assert.equal(
    text,
    `\
name                           day              rows         cost  note
─────────────────────────────  ──────────  ─────────  ───────────  ───────────────────────────────────
a rather long name of a table  2025-08-14  1,234,567  -1234567.50  and a longer note that nobody reads
b                              2025-08-15          –         0.00  –
`,
  );
});

test('the widest text gives way first, and no line is wider than the terminal', () => {
  for (let width = 62; width < 103; width++) {
    const { text, omitted } = textTable(result, { width, colour: false });
    assert.deepEqual(omitted, []);
    for (const line of text.trimEnd().split('\n')) assert.ok(textWidth(line) <= width, `${width}: ${line}`);
    assert.match(text, /2025-08-14 {2}1,234,567 {2}-1234567\.50/);
  }
  assert.match(textTable(result, { width: 62, colour: false }).text, /^a rather lo… .*and a longe…$/m);
});

test('columns that do not fit are left out and named', () => {
  const { text, omitted } = textTable(result, { width: 45, colour: false });
  assert.deepEqual(omitted, ['note']);
  assert.match(text, /^a rather… {2}2025-08-14 {2}1,234,567 {2}-1234567\.50$/m);
  assert.deepEqual(textTable(result, { width: 1, colour: false }).omitted, ['day', 'rows', 'cost', 'note']);
});

test('colours add nothing but colour', () => {
  const { text } = textTable(result, { width: 80, colour: true });
  const plain = textTable(result, { width: 80, colour: false }).text;
  assert.ok(text.startsWith('\u001b[1mname\u001b[22m'));
  assert.equal(stripVTControlCharacters(text), plain);
});

test('width is what a terminal shows', () => {
  for (const [text, width] of [
    ['', 0],
    ['abc', 3],
    ['Ünï', 3],
    ['e\u0301', 1],
    ['日本', 4],
    ['👩‍👩‍👧 x', 4],
  ] as const) {
    assert.equal(textWidth(text), width, text);
  }
  assert.equal(truncated('日本語', 6), '日本語');
  assert.equal(truncated('日本語', 5), '日本…');
  assert.equal(truncated('日本語', 4), '日…');
});

test('CSV and JSON have no separators in counts, and JSON keeps integers beyond doubles as text', () => {
  const counts: Result = {
    columns: [{ name: 'n', kind: 'count' }],
    rows: [[1234567n], [2n ** 60n], [null], [Number.NaN]],
  };
  assert.equal(csvOf(counts), 'n\r\n1234567\r\n1152921504606846976\r\n\r\nNaN\r\n');
  assert.equal(
    jsonOf(counts),
    '[\n  {"n":1234567},\n  {"n":"1152921504606846976"},\n  {"n":null},\n  {"n":"NaN"}\n]\n',
  );
  assert.equal(jsonOf({ columns: [], rows: [] }), '[]\n');
});

test('kinds of columns follow from their cells', () => {
  const kinds = kindsOf(
    ['count', 'decimal', 'day', 'text', 'nothing'],
    [
      [1, '-1.50', '2025-08-14', 'x', null],
      [null, null, null, '1', null],
    ],
  );
  assert.deepEqual(
    kinds.map((k) => k.kind),
    ['count', 'number', 'time', 'text', 'count'],
  );
});
