/**
 * What the engine asks of a store of files. Paths are relative to the store's root, with `/` between segments and no leading
 * slash. One implementation keeps them in local folders; an object store needs only these calls.
 */
export interface ObjectStore {
  /** Where the store is, for messages and for other readers: an absolute folder, or a URI. */
  readonly root: string;
  /** The whole object. Throws `ObjectNotFound`. */
  get(path: string): Promise<Uint8Array>;
  /** Random access to the object without reading it whole. Throws `ObjectNotFound`. */
  blob(path: string): Promise<Blob>;
  /** Creates or replaces the object; a reader sees the old bytes or the new, never a part. Durable when it returns. */
  put(path: string, bytes: Uint8Array): Promise<void>;
  /** Creates the object unless it exists: of many racing writers exactly one gets `true`. Durable when it returns. */
  putIfAbsent(path: string, bytes: Uint8Array): Promise<boolean>;
  /** Objects under a folder (recursively), in order of their paths; `startAfter` skips paths up to and including it. */
  list(prefix: string, startAfter?: string): Promise<readonly ObjectInfo[]>;
  /** Size and time of the object, or null when there is none. */
  head(path: string): Promise<ObjectInfo | null>;
  /** Removes the object; removing what is not there succeeds. */
  delete(path: string): Promise<void>;
}

export interface ObjectInfo {
  readonly path: string;
  readonly size: number;
  /** Whole milliseconds since 1970. */
  readonly modifiedMs: number;
}

/** The object asked for does not exist. */
export class ObjectNotFound extends Error {
  override readonly name = 'ObjectNotFound';
  readonly path: string;
  constructor(path: string) {
    super(`object not found: ${path}`);
    this.path = path;
  }
}
