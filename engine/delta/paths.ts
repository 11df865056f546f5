/**
 * Paths of data files as the log writes them: relative to the table and URI-encoded.
 * Source: PROTOCOL.md, "Add File and Remove File".
 */

/** Paths that are the same encoded. */
const plain = /^[\w\-.!~*'()/=]*$/;

/** A relative path as the log writes it: each segment URI-encoded, `=` left readable. */
export function encodePath(path: string): string {
  if (plain.test(path)) return path;
  return path
    .split('/')
    .map((segment) => encodeURIComponent(segment).replaceAll('%3D', '='))
    .join('/');
}

/** The path that a log means. */
export function decodePath(path: string): string {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch (error) {
    throw new Error(`Delta log: path is not URI-encoded: ${path}`, { cause: error });
  }
}
