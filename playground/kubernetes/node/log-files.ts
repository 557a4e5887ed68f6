import { appendFileSync, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { rootOf } from './place.ts';
import { type Pod } from './pod-spec.ts';

/** The log of one run of a container. */
export interface LogFile {
  readonly path: string;
  write(line: string, stream: 'stdout' | 'stderr'): void;
}

/** A log file that grew to this is set aside as `<file>.old`, and the older one goes. As the kubelet's `containerLogMaxSize`. */
const MAX_BYTES = 10 * 1024 * 1024;

/** `/var/log/pods/<namespace>_<name>_<uid>/<container>/<attempt>.log` below the node's root, as the kubelet has it. */
export function logPath(place: { readonly directory: string }, pod: Pod, container: string, attempt: number): string {
  const { namespace, name, uid } = pod.metadata;
  return join(rootOf(place), 'var/log/pods', `${namespace}_${name}_${uid}`, container, `${attempt}.log`);
}

/** Opens the log of a new run; of the earlier runs only the last one's is kept. */
export function openLog(place: { readonly directory: string }, pod: Pod, container: string, attempt: number): LogFile {
  const path = logPath(place, pod, container, attempt);
  mkdirSync(dirname(path), { recursive: true });
  for (const old of [logPath(place, pod, container, attempt - 2)]) {
    rmSync(old, { force: true });
    rmSync(`${old}.old`, { force: true });
  }
  let bytes = existsSync(path) ? statSync(path).size : 0;
  return {
    path,
    write(line, stream) {
      const text = `${nanoTime(new Date())} ${stream} F ${line}\n`;
      if (bytes + text.length > MAX_BYTES) {
        renameSync(path, `${path}.old`);
        bytes = 0;
      }
      // At once and in order: a reader that asks after the event finds the line.
      appendFileSync(path, text);
      bytes += text.length;
    },
  };
}

/** Removes the logs of a pod that is gone. */
export function removeLogs(place: { readonly directory: string }, pod: Pod): void {
  rmSync(dirname(dirname(logPath(place, pod, 'any', 0))), { recursive: true, force: true });
}

function nanoTime(date: Date): string {
  return date.toISOString().replace('Z', '000000Z');
}
