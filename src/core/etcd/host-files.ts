import type { ExecOutcome } from '../ports/kubernetes.ts';
import { type HostProgram, type HostReading, wordsOfFailure } from './host-service.ts';

/** One path of a host. */
export interface HostPath {
  readonly path: string;
  /** Number of its filesystem. */
  readonly device: string;
  /** In stat's words: `directory`, `regular file`, `regular empty file`, `symbolic link`. */
  readonly type: string;
  readonly bytes: number;
}

const FORMAT = '%d|%s|%F|%n';

/** Looks at paths; one that is not there is no failure. The answer is read by {@link readPaths}. */
export function lookAtPaths(paths: readonly string[]): HostProgram {
  return { argv: ['stat', `--format=${FORMAT}`, '--', ...paths] };
}

/**
 * Reads the answer to {@link lookAtPaths}: what there is, by path. A path that could be neither seen nor known to be absent makes the
 * whole answer unreadable.
 */
export function readPaths(
  paths: readonly string[],
  outcome: ExecOutcome,
): HostReading<ReadonlyMap<string, HostPath | null>> {
  const found = new Map<string, HostPath | null>();
  for (const line of linesOf(outcome.stdout)) {
    const [, device, bytes, type, path] = /^(\d+)\|(\d+)\|([^|]*)\|(.*)$/.exec(line) ?? [];
    if (device !== undefined && type !== undefined && path !== undefined && paths.includes(path))
      found.set(path, { path, device, type, bytes: Number(bytes) });
  }
  const absent = linesOf(outcome.stderr).filter((line) => line.endsWith(': No such file or directory'));
  for (const path of paths) {
    const isAbsent = absent.some((line) => line.includes(`'${path}':`) || line.includes(` ${path}:`));
    if (!found.has(path) && isAbsent) found.set(path, null);
  }
  return paths.every((path) => found.has(path))
    ? { ok: true, value: found }
    : { ok: false, why: wordsOfFailure('stat', outcome) };
}

/** Where etcd's data are, and where they go when they are moved aside. */
export interface DataPaths {
  readonly directory: string;
  /** What etcd writes: its database, snapshots and log. */
  readonly member: string;
  /** Beside it in the same directory, so that a rename is enough, owner and label of the directory stay, and a mount point may be one. */
  readonly aside: string;
}

/**
 * The paths of a member's data.
 *
 * @param dataDirectory absolute, without a slash at its end
 * @param runId of the run that moves them: names what is kept, and is never met twice
 */
export function dataPaths(dataDirectory: string, runId: string): DataPaths {
  return { directory: dataDirectory, member: `${dataDirectory}/member`, aside: `${dataDirectory}/old-${runId}` };
}

/** Looks where the data are. The answer is read by {@link readDataPlace}. */
export function lookAtData(paths: DataPaths): HostProgram {
  return lookAtPaths([paths.directory, paths.member, paths.aside]);
}

/** Where a member's data are: `both` means that something began anew after they were moved. */
export type DataPlace = 'in-place' | 'aside' | 'both' | 'neither' | 'no-directory';

/** What {@link lookAtData} found. */
export interface DataLook {
  readonly place: DataPlace;
  /** Whether a rename can move them: data on a filesystem of their own would be copied. `false` where there are none. */
  readonly movable: boolean;
}

/** Reads the answer to {@link lookAtData}. */
export function readDataPlace(paths: DataPaths, outcome: ExecOutcome): HostReading<DataLook> {
  const read = readPaths([paths.directory, paths.member, paths.aside], outcome);
  if (!read.ok) return read;
  const [directory, member, aside] = [paths.directory, paths.member, paths.aside].map(
    (path) => read.value.get(path) ?? null,
  );
  const movable = directory?.device !== undefined && directory.device === member?.device;
  if (directory === null || directory === undefined) return { ok: true, value: { place: 'no-directory', movable } };
  const hasMember = member !== null && member !== undefined;
  const hasAside = aside !== null && aside !== undefined;
  const place = hasMember ? (hasAside ? 'both' : 'in-place') : hasAside ? 'aside' : 'neither';
  return { ok: true, value: { place, movable } };
}

/**
 * Moves the data aside by one rename. Nothing is overwritten: with `-T` a directory that is there and not empty is refused. Ask
 * {@link readDataPlace} first: across filesystems `mv` would copy.
 */
export function moveAside(paths: DataPaths): HostProgram {
  return { argv: ['mv', '-T', '--', paths.member, paths.aside] };
}

/** Free room of the filesystem of a path. The answer is read by {@link readFreeRoom}. */
export function askFreeRoom(path: string): HostProgram {
  return { argv: ['df', '-kP', '--', path] };
}

/** Reads the answer to {@link askFreeRoom}: free and whole, bytes. */
export function readFreeRoom(
  outcome: ExecOutcome,
): HostReading<{ readonly freeBytes: number; readonly totalBytes: number }> {
  if (outcome.exitCode !== 0) return { ok: false, why: wordsOfFailure('df', outcome) };
  const last = linesOf(outcome.stdout).at(-1) ?? '';
  const [, total, free] = /\s(\d+)\s+\d+\s+(-?\d+)\s+(?:\d+%|-)\s+\//.exec(last) ?? [];
  if (total === undefined || free === undefined) return { ok: false, why: 'df told no figures' };
  return { ok: true, value: { freeBytes: Math.max(0, Number(free)) * 1024, totalBytes: Number(total) * 1024 } };
}

/** Reads a file of text whole. The answer is read by {@link readText}. */
export function readFile(path: string): HostProgram {
  return { argv: ['cat', '--', path] };
}

/** Reads the answer to {@link readFile}; text that is not UTF-8 is not guessed at. */
export function readText(outcome: ExecOutcome): HostReading<string> {
  if (outcome.exitCode !== 0) return { ok: false, why: wordsOfFailure('cat', outcome) };
  try {
    return { ok: true, value: new TextDecoder('utf-8', { fatal: true }).decode(outcome.stdout) };
  } catch {
    return { ok: false, why: 'the file is not text in UTF-8' };
  }
}

/** What replacing a file leaves behind, for the card and for who looks at it after a crash. */
export interface FileReplacement {
  readonly path: string;
  /** Name that the old file keeps. */
  readonly kept: string;
  /** The new text before it takes its place. */
  readonly draft: string;
}

/** The names that a run uses to replace a file. */
export function fileReplacement(path: string, runId: string): FileReplacement {
  return { path, kept: `${path}.before-${runId}`, draft: `${path}.new-${runId}` };
}

/**
 * The programs that replace a file, in their order: an empty file of root's alone beside it; the new text into that, with the owner and mode of the old; a second name for the old
 * file, so that it is kept as it is; one rename. Stopped anywhere, the file is the old or the new one, whole.
 *
 * @param isKept whether the second name is there already, from an attempt before: it names the old file, and stays
 */
export function replaceFile(names: FileReplacement, text: string, isKept: boolean): readonly HostProgram[] {
  return [
    // Settings may hold secrets: nobody else can read the new text from its first byte on.
    { argv: ['install', '--mode=600', '-T', '--', '/dev/null', names.draft] },
    { argv: ['tee', '--', names.draft], stdin: new TextEncoder().encode(text) },
    { argv: ['chmod', `--reference=${names.path}`, '--', names.draft] },
    { argv: ['chown', `--reference=${names.path}`, '--', names.draft] },
    ...(isKept ? [] : [{ argv: ['ln', '-T', '--', names.path, names.kept] }]),
    { argv: ['mv', '-T', '--', names.draft, names.path] },
  ];
}

function linesOf(bytes: Uint8Array): readonly string[] {
  return new TextDecoder()
    .decode(bytes)
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '');
}
