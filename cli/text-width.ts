/** Text as a terminal shows it. */

const segmenter = new Intl.Segmenter();

/** East Asian wide characters and emoji take two columns. Source: Unicode Standard Annex #11, its large blocks. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
const plain = /^[\x20-\x7e]*$/;

/** Columns that text takes. */
export function textWidth(text: string): number {
  if (plain.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segmenter.segment(text)) width += widthOf(segment);
  return width;
}

/** The text, cut to at most `width` columns; what was cut away is an ellipsis. */
export function truncated(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const { segment } of segmenter.segment(text)) {
    used += widthOf(segment);
    if (used > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** One line that moves no cursor: control characters, which data may hold, are escaped as in JSON. */
export function oneLine(text: string): string {
  return text.replace(/\p{Cc}/gu, (c) => escapes[c] ?? `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function widthOf(grapheme: string): number {
  return wide.test(grapheme) ? 2 : 1;
}
