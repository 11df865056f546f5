/** Which names in the landing zone are input. */

/** Folder of the event files in the landing zone; they may lie in any folder below it. */
export const eventsFolder = 'usage_events_stream';

/** Whether a name, of a file or of a folder, says that it is not input: unfinished, hidden, or for somebody else. */
function isLeftOut(name: string): boolean {
  return name === '' || /^[_.]|\.(tmp|part)$/.test(name);
}

/** Whether a name is that of an event file, plain or compressed. */
export function isEventFileName(name: string): boolean {
  return /\.jsonl(\.gz)?$/.test(name) && !isLeftOut(name);
}

/** Whether event files may lie in a folder of this name below `eventsFolder`. */
export function isFolderName(name: string): boolean {
  return !isLeftOut(name) && !isEventFileName(name);
}

/** Whether a file holds compressed lines. */
export function isGzip(file: string): boolean {
  return file.endsWith('.gz');
}
