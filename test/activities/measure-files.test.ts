import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { LandingFile } from '../../activities/compute/landing-file.ts';
import { type KnownFile, measureFiles } from '../../activities/compute/measure-files.ts';

const landing = mkdtempSync(join(tmpdir(), 'cpa-measure-'));
after(() => rmSync(landing, { recursive: true }));

const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
const hashesAt = (bytes: Buffer, to: number) => ({
  headHash: hashOf(bytes.subarray(0, Math.min(4096, to))),
  tailHash: hashOf(bytes.subarray(Math.max(0, to - 4096), to)),
});

function measureOf(bytes: Buffer, maxBytes: number, consumed: KnownFile['consumed'] = null) {
  writeFileSync(join(landing, 'f'), bytes);
  const { files, unreadable } = measureFiles({ landing, files: [{ file: 'f', consumed }], maxBytes });
  assert.deepEqual(unreadable, []);
  return files[0]!;
}

/** Complete lines in ranges of at most `maxBytes` or one line, found line by line. */
function rangesOf(bytes: Buffer, end: number, maxBytes: number) {
  const ranges: { fromByte: number; toByte: number; fromLine: number; lines: number }[] = [];
  for (let at = 0, line = 1; at < end; line++) {
    const next = bytes.indexOf(10, at) + 1 || end;
    const held = ranges.at(-1);
    if (held === undefined || next - held.fromByte > maxBytes) {
      ranges.push({ fromByte: at, toByte: next, fromLine: line, lines: 1 });
    } else {
      held.toByte = next;
      held.lines++;
    }
    at = next;
  }
  return ranges.map((range) => ({ ...range, ...hashesAt(bytes, range.toByte) }));
}

const line = fc.oneof(
  { weight: 8, arbitrary: fc.nat(300).map((n) => `{"a":"${'x'.repeat(n)}"}`) },
  { weight: 1, arbitrary: fc.constantFrom('', ' ', 'no object', 'x'.repeat(9000)) },
);

test('a file is measured as reading it line by line would', () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 80 }), fc.integer({ min: 1, max: 20_000 }), (lines, maxBytes) => {
      const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''));
      const measured = measureOf(bytes, maxBytes);
      assert.deepEqual(measured.ranges, rangesOf(bytes, bytes.length, maxBytes));
      assert.deepEqual([measured.size, measured.waitingBytes, measured.generation], [bytes.length, 0, 1]);
    }),
    { numRuns: 60 },
  );
});

test('a file of several pieces is measured like a small one', () => {
  const bytes = Buffer.from(
    Array.from({ length: 9000 }, (_, i) => `{"n":${i},"text":"${'y'.repeat(i % 800)}"}\n`).join(''),
  );
  assert.ok(bytes.length > 3 << 20);
  for (const maxBytes of [700_000, 1 << 30]) {
    assert.deepEqual(measureOf(bytes, maxBytes).ranges, rangesOf(bytes, bytes.length, maxBytes));
  }
});

test('a last line without a line end is taken when it is an object, and waits otherwise', () => {
  const whole = Buffer.from('{"a":1}\n{"a":2}');
  const { ranges } = measureOf(whole, 100);
  // Lines are counted by their ends.
  assert.deepEqual(ranges, [{ fromByte: 0, toByte: 15, fromLine: 1, lines: 1, ...hashesAt(whole, 15) }]);
  const begun = Buffer.from('{"a":1}\n{"a":');
  const measured = measureOf(begun, 100);
  assert.deepEqual([measured.ranges, measured.waitingBytes], [rangesOf(begun, 8, 100), 5]);
});

test('what was added to a consumed file is measured alone; another beginning or end is another generation', () => {
  const first = Buffer.from(Array.from({ length: 400 }, (_, i) => `{"first":${i}}\n`).join(''));
  const added = Buffer.from('{"second":1}\n{"second":2}\n');
  const consumed = { generation: 1, toByte: first.length, nextLine: 401, ...hashesAt(first, first.length) };
  const both = Buffer.concat([first, added]);
  const grown = measureOf(both, 1 << 20, consumed);
  const range = { fromByte: first.length, toByte: both.length, fromLine: 401, lines: 2 };
  assert.deepEqual(grown.ranges, [{ ...range, ...hashesAt(both, both.length) }]);
  assert.deepEqual([grown.generation, grown.replaced], [1, false]);
  assert.deepEqual(measureOf(first, 1 << 20, consumed).ranges, []);
  for (const at of [3, first.length - 3]) {
    const other = Buffer.from(both);
    other[at] = 0x37;
    const measured = measureOf(other, 1 << 20, consumed);
    assert.deepEqual([measured.generation, measured.replaced], [2, true]);
    assert.deepEqual(measured.ranges, rangesOf(other, other.length, 1 << 20));
  }
});

test('pieces of a landing file are its bytes, whatever was read before', () => {
  const bytes = Buffer.from(Array.from({ length: 20_000 }, (_, i) => i & 255));
  writeFileSync(join(landing, 'g'), bytes);
  const border = fc.nat(bytes.length);
  fc.assert(
    fc.property(fc.array(fc.tuple(border, border), { maxLength: 8 }), (pieces) => {
      const file = new LandingFile(landing, 'g');
      for (const [a, b] of pieces) {
        const [from, to] = a < b ? [a, b] : [b, a];
        const piece = file.bytes(from, to);
        assert.deepEqual(file.blockHashes(b), hashesAt(bytes, b));
        assert.ok(piece.equals(bytes.subarray(from, to)));
      }
      assert.throws(() => file.bytes(19_000, 20_001), /the file ends at byte 20000, expected 20001/);
      file.close();
    }),
    { numRuns: 60 },
  );
});
