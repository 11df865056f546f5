/** The store behind a lake's address. */
import { localStore } from './local.ts';
import type { ObjectStore } from './object-store.ts';

const stores = new Map<string, ObjectStore>();

/** The store of a folder; the same object for the same folder. */
export function openStore(root: string): ObjectStore {
  let store = stores.get(root);
  if (store === undefined) {
    store = localStore(root);
    stores.set(root, store);
  }
  return store;
}
