/** A folder that is watched with all folders in it, a watcher each. */
import { type Dirent, type FSWatcher, lstatSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { eventsFolder, isEventFileName, isFolderName } from './landing-names.ts';

/** Whom to tell, and how to watch. */
export interface WatchedBy {
  readonly landing: string;
  readonly watch: (path: string, listener: (event: string, name: string | null) => void) => FSWatcher;
  /** Called for every event, before anything else. */
  event(): void;
  /** An event file may have changed: its path relative to the landing zone. */
  changed(file: string): void;
  /** Anything may have changed: a folder came, or what happened is not known. */
  unsure(): void;
  /** The folder is not watched from now on, until `open` is called again. */
  lost(folder: WatchedFolder, error: NodeJS.ErrnoException): void;
  /** The folder is watched, or not wanted any more. */
  settled(folder: WatchedFolder): void;
}

/** One folder; its path is relative to the landing zone, and empty for the landing zone itself, of which only the events count. */
export class WatchedFolder {
  readonly path: string;
  readonly #by: WatchedBy;
  readonly #folders = new Map<string, WatchedFolder>();
  #watcher: FSWatcher | null = null;

  constructor(by: WatchedBy, path: string) {
    this.#by = by;
    this.path = path;
  }

  /** Watches the folder and those in it, afresh. Tells `lost` when that cannot be done. */
  open(): void {
    this.close();
    try {
      const watcher = this.#by.watch(this.#place, (event, name) => this.#happened(event, name));
      this.#watcher = watcher;
      watcher.on('error', (error) => this.#fail(error));
      // Listed once it is watched: what comes in between is noticed by one of the two.
      for (const name of this.#folderNames()) this.#enter(name);
    } catch (error) {
      this.#fail(error as NodeJS.ErrnoException);
    }
  }

  close(): void {
    for (const folder of this.#folders.values()) folder.close();
    this.#folders.clear();
    this.#watcher?.close();
    this.#watcher = null;
    this.#by.settled(this);
  }

  get #place(): string {
    return join(this.#by.landing, this.path);
  }

  #fail(error: NodeJS.ErrnoException): void {
    this.close();
    this.#by.lost(this, error);
  }

  #happened(event: string, name: string | null): void {
    this.#by.event();
    // Creations, deletions and renames; what is not of them changes neither folders nor who is watched.
    const isMove = event === 'rename';
    if (name === null) this.#by.unsure();
    else if (isMove && name === basename(this.#place)) {
      // An event about the folder itself carries its own name.
      this.open();
      this.#by.unsure();
    } else if (this.path !== '' && isEventFileName(name)) this.#by.changed(`${this.path}/${name}`);
    else if (isMove && this.#isWanted(name)) this.#moved(name);
  }

  /** A folder came, went or was replaced, or it was some other file. */
  #moved(name: string): void {
    this.#folders.get(name)?.close();
    this.#folders.delete(name);
    if (!this.#isFolder(name)) return;
    this.#enter(name);
    this.#by.unsure();
  }

  #enter(name: string): void {
    const folder = new WatchedFolder(this.#by, this.path === '' ? name : `${this.path}/${name}`);
    this.#folders.set(name, folder);
    folder.open();
  }

  #folderNames(): string[] {
    if (this.path === '') return this.#isFolder(eventsFolder) ? [eventsFolder] : [];
    const isWanted = (entry: Dirent): boolean => entry.isDirectory() && this.#isWanted(entry.name);
    return readdirSync(this.#place, { withFileTypes: true })
      .filter(isWanted)
      .map((entry) => entry.name);
  }

  #isWanted(name: string): boolean {
    return this.path === '' ? name === eventsFolder : isFolderName(name);
  }

  /** Links are followed to the folder of the events alone. */
  #isFolder(name: string): boolean {
    const stat = this.path === '' ? statSync : lstatSync;
    try {
      return stat(join(this.#place, name)).isDirectory();
    } catch {
      return false;
    }
  }
}
