/** Last records of CSV files that are still being written. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeCsv } from '../../engine/columnar/csv.ts';
import { utf8 } from '../../schemas/contract.ts';
import { unfinishedBytes } from '../../transforms/bronze/unfinished-record.ts';

const maxRecordBytes = 64;
const specs = ['a', 'b', 'c'].map((name) => ({ name, type: utf8, nullable: true }));

function unfinished(content: string | Uint8Array): number {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return unfinishedBytes(bytes, decodeCsv(bytes, specs, { maxRecordBytes }), maxRecordBytes);
}

/** The first bytes of a text. */
const cut = (text: string, bytes: number): Uint8Array => new TextEncoder().encode(text).subarray(0, bytes);

test('a last record that lacks cells, or whose quote is open, waits when it has no line end', () => {
  assert.equal(unfinished('a,b,c\n1,2,3\n4,5'), 3);
  assert.equal(unfinished('a,b,c\n1,2,3\r\n4'), 1);
  assert.equal(unfinished('a,b,c\n1,2,3\n4,5,"six'), 8);
  assert.equal(unfinished('a,b,c\n1,2,3\n4,5,"six\n7,8'), 12);
  assert.equal(unfinished('a,b,c\n1,2,3\n4,"five ""'), 10);
  assert.equal(unfinished('a,b,c\n1,2,3\n4,"'), 3);
  assert.equal(unfinished('b,c,a,more\n1,2,3'), 5);
  assert.equal(unfinished('b\n"1'), 2);
});

test('a last record that ends inside a character waits', () => {
  const text = 'a,b,c\n1,2,día';
  const bytes = new TextEncoder().encode(text).length;
  assert.equal(unfinished(cut(text, bytes - 1)), 0);
  assert.equal(unfinished(cut(text, bytes - 2)), 6);
  assert.equal(unfinished(cut('a,b,c\n1,2,😀', 13)), 7);
  // Not the last character: no more bytes mend it.
  assert.equal(unfinished(Uint8Array.of(...new TextEncoder().encode('a,b,c\n1,2,'), 0xed, 0x61)), 0);
});

test('whole records and files that end with a line end wait for nothing', () => {
  for (const whole of [
    'a,b,c\n1,2,3\n',
    'a,b,c\n1,2,3',
    'a,b,c\n1,2,',
    'a,b,c\n1,2,"three"',
    'a,b,c\n1,2,3\n  ',
    'a,b,c\n4,5\n',
    'a,b,c\n4,5,"six\n',
    'a,b,c\n4,5\n1,2,3',
    'a,b,c',
  ]) {
    assert.equal(unfinished(whole), 0, JSON.stringify(whole));
  }
});

test('what no more bytes can mend does not wait', () => {
  for (const malformed of [
    'a,b,c\n1,2,3,4',
    'a,b,c\n1,2,"3"x',
    'a,b,c\n1,2"',
    'a,b,c\n1,2,3,"4',
    `a,b,c\n1,${'2'.repeat(maxRecordBytes)}`,
    `a,b,c\n1,"2\n3,4,${'5'.repeat(maxRecordBytes - 4)}`,
  ]) {
    assert.equal(unfinished(malformed), 0, JSON.stringify(malformed));
  }
});

test('a header that lacks columns waits as long as it is all there is', () => {
  assert.equal(unfinished('a,b'), 3);
  assert.equal(unfinished('a,b\n'), 0);
  assert.equal(unfinished('a,b\n1,2'), 0);
});
