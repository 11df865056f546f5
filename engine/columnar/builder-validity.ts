/** Arrow validity bitmaps under construction: least significant bit first, 1 is a value. */

/** Makes the slot of the row a value. */
export function setValid(bitmap: Uint8Array, row: number): void {
  bitmap[row >> 3]! |= 1 << (row & 7);
}

/** Makes the slot of the row null. */
export function setNull(bitmap: Uint8Array, row: number): void {
  bitmap[row >> 3]! &= ~(1 << (row & 7));
}

/** A zeroed copy of the bitmap with room for `rows` rows. */
export function grownBitmap(bitmap: Uint8Array, rows: number): Uint8Array<ArrayBuffer> {
  const grown = new Uint8Array((rows + 7) >> 3);
  grown.set(bitmap);
  return grown;
}

/** The bitmap of the first `rows` rows, or null when all of them are valid. */
export function finishedValidity(bitmap: Uint8Array, rows: number): Uint8Array | null {
  const whole = rows >> 3;
  const rest = (1 << (rows & 7)) - 1;
  let i = 0;
  while (i < whole && bitmap[i] === 255) i++;
  if (i === whole && ((bitmap[whole] ?? 0) & rest) === rest) return null;
  return bitmap.subarray(0, (rows + 7) >> 3);
}
