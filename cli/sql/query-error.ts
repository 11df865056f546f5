/** What DuckDB says about a query that failed, as one line. */

/** A query was stopped on purpose. */
export class QueryInterrupted extends Error {
  override readonly name = 'QueryInterrupted';
}

/** Rethrows an error of DuckDB for the SQL that it was given: in one line, with its hint and the place. */
export function queryError(sql: string): (error: unknown) => never {
  return (error) => {
    const message = error instanceof Error ? error.message : String(error);
    if (/^INTERRUPT Error/.test(message)) throw new QueryInterrupted('interrupted');
    throw new Error(errorLine(message, sql), { cause: error });
  };
}

/** `Binder Error: … Did you mean …? (line 1, column 8)`. */
export function errorLine(message: string, sql: string): string {
  const [, text, line, excerpt, blanks] =
    /^(?:Failed to extract statements: )?(.*?)(?:\n\nLINE (\d+): (.*)\n( *)\^)?\s*$/s.exec(message)!;
  const plain = text!.trim().replace(/\s*\n\s*/g, ' ');
  if (line === undefined) return plain;
  const shown = excerpt!.replace(/^\.\.\.|\.\.\.$/g, '');
  const caret = blanks!.length - `LINE ${line}: `.length - (excerpt!.startsWith('...') ? 3 : 0);
  // Of long lines DuckDB shows a part.
  const start = Math.max(0, sql.split('\n')[Number(line) - 1]?.indexOf(shown) ?? 0);
  return `${plain} (line ${line}, column ${start + caret + 1})`;
}
