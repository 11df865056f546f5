// Bundles the page into dist/dashboard/web: hashed names, each file also gzipped, nothing loaded from elsewhere. And the report.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { constants, gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const here = import.meta.dirname;
const out = join(here, '..', '..', 'dist', 'dashboard', 'web');
rmSync(out, { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: [join(here, 'src', 'main.tsx')],
  absWorkingDir: here,
  outdir: join(out, 'assets'),
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  bundle: true,
  splitting: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
});
const entry = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint === 'src/main.tsx');
const charts = Object.keys(metafile.outputs).find((file) => /\/echarts-\w+\.js$/.test(file));
const assetOf = (file) => `/assets/${file.split('/').at(-1)}`;
const page = readFileSync(join(here, 'index.html'), 'utf8')
  .replace('{{script}}', assetOf(entry[0]))
  .replace('{{charts}}', assetOf(charts))
  .replace('{{style}}', assetOf(entry[1].cssBundle));
writeFileSync(join(out, 'index.html'), page);
mkdirSync(join(out, 'assets'), { recursive: true });
for (const file of ['index.html', ...readdirSync(join(out, 'assets')).map((name) => join('assets', name))]) {
  const bytes = readFileSync(join(out, file));
  writeFileSync(join(out, `${file}.gz`), gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION }));
}

/** A module under src/report takes the place of the one of the same name under src: what the report has otherwise than the page. */
const source = join(here, 'src');
const own = join(source, 'report');
const partsOfReport = {
  name: 'parts-of-report',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.?\// }, ({ path, importer, resolveDir }) => {
      const part = join(own, relative(source, join(resolveDir, path)));
      const isReplaced = part.startsWith(own) && !importer.startsWith(own) && existsSync(part);
      return isReplaced ? { path: part } : undefined;
    });
  },
};
await build({
  entryPoints: [join(own, 'report.tsx')],
  absWorkingDir: here,
  outfile: join(out, '..', 'report', 'bundle.js'),
  bundle: true,
  minify: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  define: { 'process.env.NODE_ENV': '"production"' },
  loader: { '.css': 'text' },
  plugins: [partsOfReport],
  legalComments: 'none',
  logLevel: 'warning',
});
