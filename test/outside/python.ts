/**
 * Python programs that read what this package writes, each set of packages in an environment of its own.
 */
import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The folder of this checkout: the nearest one above the compiled file that has a `package.json`. */
export const repositoryRoot = ((): string => {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json'))) {
    if (folder === dirname(folder)) throw new Error(`no package.json above ${import.meta.dirname}`);
    folder = dirname(folder);
  }
  return folder;
})();

/**
 * The interpreter of a virtual environment that has the packages (as pip names them), made on first use under
 * `.cpa/python` and kept. Throws, naming what to install, when `python3` with `venv` and `pip` is missing.
 */
export async function pythonWith(packages: readonly string[]): Promise<string> {
  const name = createHash('sha256').update(packages.join('\n')).digest('hex').slice(0, 12);
  const environment = join(repositoryRoot, '.cpa', 'python', name);
  const python = join(environment, 'bin', 'python');
  if (existsSync(python)) return python;
  // Made aside and renamed: several test files may need it at once, and one may be interrupted.
  const draft = `${environment}.${randomUUID()}`;
  await mkdir(dirname(draft), { recursive: true });
  try {
    await explained('python3 with venv (Debian: python3-venv)', run('python3', ['-m', 'venv', draft]));
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages];
    await explained(`pip, and the packages ${packages.join(', ')}`, run(join(draft, 'bin', 'python'), pip));
    await writeFile(join(draft, 'packages.txt'), `${packages.join('\n')}\n`);
    await rename(draft, environment).catch((error: unknown) => {
      if (!existsSync(python)) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return python;
}

/**
 * Runs a script of this folder: it is given the paths of a JSON file with the request and of one to write its answer to (its
 * output is free for what libraries print). Throws with its error output when it fails.
 */
export async function askPython(python: string, script: string, request: unknown): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), 'cpa-python-'));
  try {
    const asked = join(folder, 'request.json');
    const answered = join(folder, 'answer.json');
    await writeFile(asked, JSON.stringify(request));
    await run(python, [join(repositoryRoot, 'test', 'outside', script), asked, answered], {
      maxBuffer: 1 << 26,
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
    });
    return JSON.parse(await readFile(answered, 'utf8'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function explained<T>(prerequisite: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new Error(`the tests with outside readers need ${prerequisite}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
