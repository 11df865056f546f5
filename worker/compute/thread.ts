/** What a compute thread can do: every export is a task of `activities/compute`. */
import { buildDimension as buildDimensionTask } from '../../activities/compute/build-dimension.ts';
import { buildPartitions as buildPartitionsTask } from '../../activities/compute/build-partitions.ts';
import { countLanding as countLandingTask } from '../../activities/compute/count-landing.ts';
import { hashTable as hashTableTask } from '../../activities/compute/hash-table.ts';
import { ingestEvents as ingestEventsTask } from '../../activities/compute/ingest-events.ts';
import { loadMaster as loadMasterTask } from '../../activities/compute/load-master.ts';
import { measureFiles as measureFilesTask } from '../../activities/compute/measure-files.ts';
import { profile as profileTask } from '../../activities/compute/profile.ts';
import { readIds as readIdsTask } from '../../activities/compute/read-ids.ts';
import { readRaws as readRawsTask } from '../../activities/compute/read-raws.ts';
import { rewriteFiles as rewriteFilesTask } from '../../activities/compute/rewrite-files.ts';
import { speedIncrements as speedIncrementsTask } from '../../activities/compute/speed-increments.ts';
import { asking } from './conversation.ts';
import { naming } from './error-name.ts';

export const buildDimension = naming(buildDimensionTask);
export const buildPartitions = naming(buildPartitionsTask);
export const countLanding = naming(countLandingTask);
export const hashTable = naming(hashTableTask);
export const ingestEvents = asking(ingestEventsTask);
export const loadMaster = naming(loadMasterTask);
export const measureFiles = naming(measureFilesTask);
export const profile = naming(profileTask);
export const readIds = naming(readIdsTask);
export const readRaws = naming(readRawsTask);
export const rewriteFiles = naming(rewriteFilesTask);
export const speedIncrements = naming(speedIncrementsTask);
