/** Instants written as `YYYY-MM-DDThh:mm:ssZ`, nearly all that there are, four digits at a time. */
import { daysInMonth, daysOfCivil, writeMicros } from './parse-time.ts';

/** `-..-`, `T` after two digits, `:` after one digit, and `:..Z` as little-endian words, with their masks. */
const dashes = 0x2d00002d;
const dashMask = 0xff0000ff | 0;
const letterT = 0x00540000;
const colonFirst = 0x00003a00;
const clockEnd = 0x5a00003a;
const clockEndMask = 0xff0000ff | 0;

/** Reads such instants and remembers the months it has met. */
export class FixedTime {
  /** Month → the year last met with it as four digits, the days before that month since 1970-01-01, its days. */
  private readonly years = new Int32Array(16);
  private readonly starts = new Int32Array(16);
  private readonly lengths = new Int32Array(16);

  /** Writes the instant at `start` as `parseTimestamp` does; false, and nothing written, if there is none in this form. */
  parse(view: DataView, start: number, words: Int32Array, at: number): boolean {
    const year = view.getInt32(start, true);
    const month = view.getInt32(start + 4, true);
    const day = view.getInt32(start + 8, true);
    const clock = view.getInt32(start + 12, true);
    const end = view.getInt32(start + 16, true);
    if (((month ^ dashes) & dashMask) !== 0 || ((day ^ letterT) & 0x00ff0000) !== 0) return false;
    if (((clock ^ colonFirst) & 0x0000ff00) !== 0 || ((end ^ clockEnd) & clockEndMask) !== 0) return false;
    // Bytes that must be digits, the others replaced by the digit 0.
    const digits =
      notDigits(year) |
      notDigits((month & 0x00ffff00) | 0x30000030) |
      notDigits((day & 0xff00ffff) | 0x00300000) |
      notDigits((clock & 0xffff00ff) | 0x00003000) |
      notDigits((end & 0x00ffff00) | 0x30000030);
    if (digits !== 0) return false;
    const monthNumber = ((month >>> 8) & 15) * 10 + ((month >>> 16) & 15);
    if (monthNumber < 1 || monthNumber > 12) return false;
    if (this.years[monthNumber] !== year) this.learn(year, monthNumber);
    const dayNumber = (day & 15) * 10 + ((day >>> 8) & 15);
    const hours = ((day >>> 24) & 15) * 10 + (clock & 15);
    const minutes = ((clock >>> 16) & 15) * 10 + ((clock >>> 24) & 15);
    const seconds = ((end >>> 8) & 15) * 10 + ((end >>> 16) & 15);
    if (dayNumber < 1 || dayNumber > this.lengths[monthNumber]!) return false;
    if (hours > 23 || minutes > 59 || seconds > 59) return false;
    const days = this.starts[monthNumber]! + dayNumber;
    writeMicros(days * 86400 + hours * 3600 + minutes * 60 + seconds, 0, words, at);
    return true;
  }

  private learn(yearDigits: number, month: number): void {
    const digit = (place: number): number => (yearDigits >>> (place * 8)) & 15;
    const year = digit(0) * 1000 + digit(1) * 100 + digit(2) * 10 + digit(3);
    this.years[month] = yearDigits;
    this.starts[month] = daysOfCivil(year, month, 1) - 1;
    this.lengths[month] = daysInMonth(year, month);
  }
}

/** 0 if the word is four ASCII digits. */
function notDigits(word: number): number {
  return ((word & 0xf0f0f0f0) ^ 0x30303030) | (((word & 0x0f0f0f0f) + 0x06060606) & 0x10101010);
}
