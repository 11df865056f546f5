/** What a compute thread can do: every export is a task of `activities/compute`. */
export { buildDimension } from '../../activities/compute/build-dimension.ts';
export { buildPartitions } from '../../activities/compute/build-partitions.ts';
export { countLanding } from '../../activities/compute/count-landing.ts';
export { decodeEvents } from '../../activities/compute/decode-events.ts';
export { hashTable } from '../../activities/compute/hash-table.ts';
export { loadMaster } from '../../activities/compute/load-master.ts';
export { measureFiles } from '../../activities/compute/measure-files.ts';
export { profile } from '../../activities/compute/profile.ts';
export { readIds } from '../../activities/compute/read-ids.ts';
export { readRaws } from '../../activities/compute/read-raws.ts';
export { writeEvents } from '../../activities/compute/write-events.ts';
