/** What Linux says about a process, its threads included. */
import { readFile } from 'node:fs/promises';

/** Processor time used so far, seconds. */
export async function cpuSecondsOf(pid: number): Promise<number> {
  // After the name in brackets: state is field 3, utime and stime are fields 14 and 15, in ticks of 10 ms.
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Resident memory now. */
export function rssBytesOf(pid: number): Promise<number> {
  return statusBytes(pid, 'VmRSS');
}

/** The most resident memory at a time. */
export function peakRssBytesOf(pid: number): Promise<number> {
  return statusBytes(pid, 'VmHWM');
}

async function statusBytes(pid: number, name: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kib = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
  if (kib === undefined) throw new Error(`process ${pid} does not say its memory (${name})`);
  return Number(kib) * 1024;
}
