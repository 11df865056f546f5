/**
 * The part of a Parquet file that is a dictionary column: the distinct texts, and a code for each row.
 */
import { ByteWriter } from 'hyparquet-writer';
import { writePageHeader } from 'hyparquet-writer/src/datapage.js';
import { snappyCompress } from 'hyparquet-writer/src/snappy.js';
import type { DictionaryColumn } from '../columnar/column.ts';
import { vectorOf } from '../columnar/dictionary-vector.ts';
import { encodeHybrid, encodeRun } from './hybrid.ts';

/** A column chunk: a dictionary page and one data page. */
export interface DictionaryChunk {
  readonly bytes: Uint8Array;
  /** Where the data page starts in it. */
  readonly dataPage: number;
  readonly codec: 'SNAPPY' | 'UNCOMPRESSED';
  /** Bytes of the chunk if it were not compressed. */
  readonly uncompressedBytes: number;
}

/** Dictionaries of fewer bytes are not compressed: packed codes hardly shrink, and they are most of the chunk. */
const worthCompressing = 4096;

/**
 * The chunk of rows `begin … end`. Its dictionary has the values that these rows use, in the order of appearance. A column
 * that is not `nullable` has no levels: it must have no null.
 */
export function dictionaryChunk(
  column: DictionaryColumn,
  nullable: boolean,
  begin: number,
  end: number,
): DictionaryChunk {
  const { codes, count, used } = usedCodes(column, begin, end);
  const dictionary = plainTexts(column.values, used);
  const data = dataPage(codes, count, used.length, nullable ? levelsOf(column, begin, end, count) : null);
  const codec = dictionary.length < worthCompressing ? 'UNCOMPRESSED' : 'SNAPPY';
  const compressed = codec === 'SNAPPY' ? snappyCompress : (bytes: Uint8Array) => bytes;
  const writer = new ByteWriter(dictionary.length + data.length + 64);
  const storedDictionary = compressed(dictionary);
  writePageHeader(writer, {
    type: 'DICTIONARY_PAGE',
    uncompressed_page_size: dictionary.length,
    compressed_page_size: storedDictionary.length,
    dictionary_page_header: { num_values: used.length, encoding: 'PLAIN' },
  });
  writer.appendBytes(storedDictionary);
  const dataPageAt = writer.offset;
  const storedData = compressed(data);
  writePageHeader(writer, {
    type: 'DATA_PAGE',
    uncompressed_page_size: data.length,
    compressed_page_size: storedData.length,
    data_page_header: {
      num_values: end - begin,
      encoding: 'RLE_DICTIONARY',
      definition_level_encoding: 'RLE',
      repetition_level_encoding: 'RLE',
    },
  });
  writer.appendBytes(storedData);
  const saved = dictionary.length + data.length - storedDictionary.length - storedData.length;
  return { bytes: writer.getBytes(), dataPage: dataPageAt, codec, uncompressedBytes: writer.offset + saved };
}

/** Levels, with their length in front, where there are any; the width of a code; the codes. */
function dataPage(codes: Int32Array, count: number, distinct: number, levels: Uint8Array | null): Uint8Array {
  const width = Math.max(1, 32 - Math.clz32(Math.max(0, distinct - 1)));
  const body = encodeHybrid(codes, count, width);
  const page = new ByteWriter(body.length + (levels?.length ?? 0) + 5);
  if (levels !== null) {
    page.appendUint32(levels.length);
    page.appendBytes(levels);
  }
  page.appendUint8(width);
  page.appendBytes(body);
  return page.getBytes();
}

/** Where the codes of a chunk are put. Grows to the longest. */
let memory = new Int32Array(1 << 16);

/**
 * `used`: the codes of rows that are not null, by appearance; `codes`: places in it, `count` of them and
 * room to eight, valid until the next call.
 */
function usedCodes({ codes: all, validity, values }: DictionaryColumn, begin: number, end: number) {
  const used = new Int32Array(values.length);
  const nth = new Int32Array(values.length);
  const room = (end - begin + 7) & ~7;
  if (memory.length < room) memory = new Int32Array(room);
  const codes = memory;
  let distinct = 0;
  let count = 0;
  for (let i = begin; i < end; i++) {
    if (validity !== null && ((validity[i >> 3]! >> (i & 7)) & 1) === 0) continue;
    const code = all[i]!;
    if (nth[code] === 0) {
      used[distinct] = code;
      nth[code] = ++distinct;
    }
    codes[count++] = nth[code]! - 1;
  }
  codes.fill(0, count, (count + 7) & ~7);
  return { codes, count, used: used.subarray(0, distinct) };
}

/** Definition levels: 1 where a row has a value, `count` of them. */
function levelsOf({ validity }: DictionaryColumn, begin: number, end: number, count: number): Uint8Array {
  const rows = end - begin;
  if (count === rows || count === 0) return encodeRun(rows, count === 0 ? 0 : 1, 1);
  const levels = new Int32Array((rows + 7) & ~7);
  for (let i = begin; i < end; i++) levels[i - begin] = (validity![i >> 3]! >> (i & 7)) & 1;
  return encodeHybrid(levels, rows, 1);
}

/** The texts of these codes, each with its length in bytes in front. */
function plainTexts(values: readonly string[], used: Int32Array): Uint8Array {
  const { valueOffsets, values: bytes } = vectorOf(values).data[0]!;
  let size = 0;
  for (const code of used) size += 4 + valueOffsets[code + 1]! - valueOffsets[code]!;
  const out = new Uint8Array(size);
  const view = new DataView(out.buffer);
  let at = 0;
  for (const code of used) {
    const text = bytes.subarray(valueOffsets[code]!, valueOffsets[code + 1]!);
    view.setUint32(at, text.length, true);
    out.set(text, at + 4);
    at += 4 + text.length;
  }
  return out;
}
