/** The `.cql` files that come with the program. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface CqlFile {
  /** File name without `.cql`. */
  readonly name: string;
  readonly text: string;
}

/** The files of `cql/<folder>`, in order of their names. */
export async function cqlFiles(folder: 'migrations' | 'queries'): Promise<CqlFile[]> {
  const path = join(cqlRoot(), folder);
  const names = (await readdir(path)).filter((name) => name.endsWith('.cql')).sort();
  return Promise.all(
    names.map(async (name) => ({
      name: name.slice(0, -'.cql'.length),
      text: await readFile(join(path, name), 'utf8'),
    })),
  );
}

/** The statements of a file: without comment lines, each ended by a semicolon at the end of a line. */
export function statementsOf(text: string): string[] {
  const code = text
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('--'))
    .join('\n');
  return code
    .split(/;[ \t]*(?:\n|$)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}

let named: Promise<ReadonlyMap<string, string>> | undefined;

/** The statement of `cql/queries/<name>.cql`. Throws when there is none. */
export async function namedStatement(name: string): Promise<string> {
  named ??= cqlFiles('queries').then((files) => new Map(files.map((f) => [f.name, statementsOf(f.text)[0] ?? ''])));
  const statement = (await named).get(name);
  if (statement === undefined) throw new Error(`cql/queries has no ${name}.cql`);
  return statement;
}

/** The folder lies beside the sources, not beside what they compile to. */
function cqlRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'cql', 'migrations'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`no folder cql/migrations above ${fileURLToPath(import.meta.url)}`);
    folder = parent;
  }
  return join(folder, 'cql');
}
