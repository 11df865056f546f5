/** Compressed landing files: to whoever reads them they are what they hold, and what is not whole is not read at all. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { countLanding } from '../../activities/compute/count-landing.ts';
import { gunzip, maxGunzippedBytes } from '../../activities/compute/gunzip.ts';
import { LandingFile } from '../../activities/compute/landing-file.ts';
import { type KnownFile, measureFiles } from '../../activities/compute/measure-files.ts';
import { readRaws } from '../../activities/compute/read-raws.ts';
import type { Reject } from '../../transforms/reject.ts';

const landing = mkdtempSync(join(tmpdir(), 'cpa-gzip-'));
after(() => rmSync(landing, { recursive: true }));

/** The bytes compressed in members that end at the places given. */
function members(bytes: Buffer, ends: readonly number[]): Buffer {
  const borders = [0, ...[...ends].sort((a, b) => a - b), bytes.length];
  return Buffer.concat(borders.slice(1).map((end, i) => gzipSync(bytes.subarray(borders[i], end))));
}

function put(file: string, bytes: Uint8Array): string {
  writeFileSync(join(landing, file), bytes);
  return file;
}

function measured(file: string, consumed: KnownFile['consumed'] = null, maxBytes = 1 << 20) {
  const { files, unreadable } = measureFiles({ landing, files: [{ file, consumed }], maxBytes });
  return { file: files[0] ?? null, error: unreadable[0]?.error ?? null };
}

const lines = Buffer.from(Array.from({ length: 300 }, (_, i) => `{"n":${i},"t":"${'x'.repeat(i % 50)}"}\n`).join(''));

test('measuring what is compressed gives what measuring it plain gives', () => {
  const line = fc.oneof(
    { weight: 6, arbitrary: fc.nat(200).map((n) => `{"a":"${'x'.repeat(n)}"}\n`) },
    { weight: 1, arbitrary: fc.constantFrom('\n', 'no object\n', '{"begun":') },
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 40 }), fc.array(fc.nat(2000), { maxLength: 3 }), (texts, ends) => {
      const bytes = Buffer.from(texts.join(''));
      const cuts = ends.map((end) => Math.min(end, bytes.length));
      const compressed = members(bytes, cuts);
      const plain = measured(put('m.jsonl', bytes), null, 500).file!;
      const { file, error } = measured(put('m.jsonl.gz', compressed), null, 500);
      assert.equal(error, null);
      assert.deepEqual(file!.ranges, plain.ranges);
      assert.deepEqual([file!.size, file!.waitingBytes], [plain.size, plain.waitingBytes]);
      assert.deepEqual([file!.fileSize, plain.fileSize], [compressed.length, bytes.length]);
    }),
    { numRuns: 60 },
  );
});

test('pieces of a compressed file are those of what it holds', () => {
  const file = new LandingFile(landing, put('p.jsonl.gz', members(lines, [100, 5000])));
  assert.equal(file.size, lines.length);
  for (const [from, to] of [
    [0, 10],
    [4000, 9000],
    [5, 5],
    [8000, 8500],
    [0, lines.length],
  ] as const) {
    const piece = file.bytes(from, to);
    file.blockHashes(to);
    assert.ok(piece.equals(lines.subarray(from, to)));
  }
  assert.throws(
    () => file.bytes(5, lines.length + 1),
    new RegExp(`ends at byte ${lines.length}, expected ${lines.length + 1}`),
  );
  file.close();
});

test('a member that is added is what is new; another beginning or end is another generation', () => {
  const first = measured(put('g.jsonl.gz', gzipSync(lines))).file!;
  const { toByte, lines: count, headHash, tailHash } = first.ranges[0]!;
  const consumed = { generation: 1, toByte, nextLine: 1 + count, headHash, tailHash };
  const added = Buffer.from('{"added":1}\n');
  const grown = measured(put('g.jsonl.gz', Buffer.concat([gzipSync(lines), gzipSync(added)])), consumed).file!;
  assert.deepEqual([grown.generation, grown.replaced, grown.ranges.length], [1, false, 1]);
  assert.deepEqual(
    [grown.ranges[0]!.fromByte, grown.ranges[0]!.toByte, grown.ranges[0]!.fromLine],
    [toByte, toByte + 12, 301],
  );
  // The same lines, compressed in another way.
  const again = measured(put('g.jsonl.gz', gzipSync(lines, { level: 1 })), consumed).file!;
  assert.deepEqual([again.generation, again.ranges], [1, []]);
  for (const other of [lines.subarray(0, 4000), Buffer.concat([added, lines]), Buffer.from(lines).fill('7', 3, 4)]) {
    const { generation, replaced, ranges } = measured(put('g.jsonl.gz', gzipSync(other)), consumed).file!;
    assert.deepEqual([generation, replaced, ranges.at(-1)!.fromByte], [2, true, 0]);
  }
});

test('a file that is cut off anywhere is not read', () => {
  const compressed = members(lines, [3000]);
  for (let end = 0; end < compressed.length; end++) {
    const cut = compressed.subarray(0, end);
    const firstMember = gzipSync(lines.subarray(0, 3000));
    if (end === firstMember.length) continue;
    const { file, error } = measured(put('cut.jsonl.gz', cut));
    assert.equal(file, null, `${end} bytes`);
    assert.match(error!, /^not a whole gzip file: /);
  }
});

test('a file with a damaged byte is not read, or holds the same', () => {
  const compressed = members(lines, [3000]);
  const whole = measured(put('whole.jsonl.gz', compressed)).file!;
  let harmless = 0;
  for (let at = 0; at < compressed.length; at++) {
    const damaged = Buffer.from(compressed);
    damaged[at]! ^= 0x55;
    const { file, error } = measured(put('damaged.jsonl.gz', damaged));
    if (file === null) assert.match(error!, /^not a whole gzip file: /);
    else {
      assert.deepEqual(file.ranges, whole.ranges, `byte ${at}`);
      harmless++;
    }
  }
  // Time, flags and system in the two headers.
  assert.ok(harmless <= 14, `${harmless}`);
});

test('zeros may follow, nothing else may', () => {
  const compressed = gzipSync(lines);
  assert.ok(gunzip(Buffer.concat([compressed, Buffer.alloc(1000)])).equals(lines));
  for (const rest of [Buffer.from('{"n":1}\n'), Buffer.concat([Buffer.alloc(10), compressed])]) {
    assert.throws(() => gunzip(Buffer.concat([compressed, rest])), /^Error: not a whole gzip file: /);
  }
  assert.deepEqual(gunzip(gzipSync('')), Buffer.alloc(0));
});

test('a file that holds too much is refused, with what to do about it', () => {
  const zeros = gzipSync(Buffer.alloc(100_000));
  assert.equal(gunzip(zeros, 100_000).length, 100_000);
  const refused =
    /a gzip file may hold 99999 bytes at most, and this one holds more: split it, or land it without compression/;
  assert.throws(() => gunzip(zeros, 99_999), refused);
  assert.throws(
    () => gunzip(Buffer.concat([gzipSync(Buffer.alloc(60_000)), gzipSync(Buffer.alloc(60_000))]), 99_999),
    refused,
  );
  assert.equal(maxGunzippedBytes, 1024 ** 3);
});

test('rejected lines are read again, and lines are counted, as in a plain file', () => {
  const bytes = Buffer.from('\ufeff{"a":1}\n\n \t\r\nbad\n{"b":2}');
  put('r.jsonl', bytes);
  put('r.jsonl.gz', members(bytes, [5, 12]));
  const reject = (sourceFile: string, sourceOffset: number, byteLength: number): Reject =>
    ({ sourceFile, sourceOffset, byteLength }) as Reject;
  const at = bytes.indexOf('bad');
  const raws = readRaws({
    landing,
    rejects: [
      reject('r.jsonl.gz', at, 3),
      reject('r.jsonl', 3, 7),
      reject('r.jsonl.gz', 3, 7),
      reject('r.jsonl.gz', 25, 99),
    ],
  });
  const ends = bytes.subarray(25).toString();
  assert.deepEqual(
    raws.map((raw) => Buffer.from(raw).toString()),
    ['bad', '{"a":1}', '{"a":1}', ends],
  );
  for (const file of ['r.jsonl', 'r.jsonl.gz']) {
    assert.deepEqual(countLanding({ landing, files: [{ file, toByte: bytes.length }] }), { rows: 3, gone: 0 });
    assert.deepEqual(countLanding({ landing, files: [{ file, toByte: bytes.length + 1 }] }), { rows: 0, gone: 1 });
  }
  put('r.jsonl.gz', members(bytes, [5, 12]).subarray(0, -1));
  const files = ['r.jsonl.gz', 'none.jsonl', 'r.jsonl'].map((file) => ({ file, toByte: 5 }));
  assert.deepEqual(countLanding({ landing, files }), { rows: 1, gone: 2 });
});

test('what is no regular file is not waited for', { skip: process.platform === 'win32' }, () => {
  for (const name of ['pipe.jsonl', 'pipe.jsonl.gz']) {
    execFileSync('mkfifo', [join(landing, name)]);
    assert.equal(measured(name).error, 'it is not a regular file');
  }
});
