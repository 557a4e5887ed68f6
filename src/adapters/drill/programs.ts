import { execFile } from 'node:child_process';
import { access, constants, readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DrillPrograms } from '../../core/ports/drill.ts';
import { DrillFailed } from './failed.ts';

/** An etcd that was found. */
interface Found {
  readonly etcd: string;
  readonly version: string;
  /** `null`: nothing beside it restores. */
  readonly restore: string | null;
}

/** Where programs are looked for. */
export interface SearchPlaces {
  /** Configured folders. */
  readonly searchIn: readonly string[];
  /** The search path of this process, `PATH`. */
  readonly path: string;
}

interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

const VERSION_MS = 10_000;

/**
 * The etcd for a snapshot of that version: the same minor, else the next newer one, of the highest patch. Looks in the configured
 * folders, their sub-folders and `bin` of those (`3.5.16/etcd`, `etcd-3.5/bin/etcd`) and the search path, and asks each etcd for its version.
 *
 * A newer one opens the database of an older one and lifts it; that an older one opens it is not promised by etcd, so it is not tried.
 *
 * @throws DrillFailed `no-program`, with what was found.
 */
export async function findPrograms(places: SearchPlaces, version: string, signal: AbortSignal): Promise<DrillPrograms> {
  const wanted = parse(version);
  if (wanted === null) throw new DrillFailed('no-program', `"${version}" is no version of etcd`);
  const found = await findAll(places, signal);
  signal.throwIfAborted();
  const [best] = found.filter(({ restore, version: own }) => restore !== null && fits(own, wanted)).toSorted(nearest);
  if (best === undefined || best.restore === null) throw new DrillFailed('no-program', refusal(wanted, found));
  return { version: best.version, etcd: best.etcd, restore: best.restore };
}

function fits(own: string, wanted: Version): boolean {
  const parsed = parse(own);
  return parsed !== null && parsed.major === wanted.major && parsed.minor >= wanted.minor;
}

/** The lower minor first, then the higher patch. */
function nearest(a: Found, b: Found): number {
  const [left, right] = [parse(a.version), parse(b.version)];
  if (left === null || right === null) return 0;
  return left.minor - right.minor || right.patch - left.patch;
}

function refusal(wanted: Version, found: readonly Found[]): string {
  const need = `a drill needs etcd ${wanted.major}.${wanted.minor} or newer on this worker, with etcdutl (up to 3.5 etcdctl will do) beside it`;
  if (found.length === 0) return `${need}, and there is none`;
  const words = found.map(
    ({ etcd, version, restore }) =>
      `${version} (${etcd}${restore === null ? ', nothing beside it that restores' : ''})`,
  );
  return `${need}, and there is only ${words.join(', ')}`;
}

async function findAll(places: SearchPlaces, signal: AbortSignal): Promise<readonly Found[]> {
  const there = new Map<string, string>();
  for (const folder of await foldersOf(places)) {
    const path = join(folder, 'etcd');
    if (!(await mayRun(path))) continue;
    const real = await realpath(path);
    if (!there.has(real)) there.set(real, path);
  }
  const looked = await Promise.all([...there.values()].map(async (etcd) => await look(etcd, signal)));
  return looked.filter((each) => each !== null);
}

async function foldersOf({ searchIn, path }: SearchPlaces): Promise<readonly string[]> {
  const below = await Promise.all(
    searchIn.map(async (folder) => {
      const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
      const names = entries.filter((entry) => entry.isDirectory() || entry.isSymbolicLink()).map(({ name }) => name);
      return [folder, ...names.flatMap((name) => [join(folder, name), join(folder, name, 'bin')])];
    }),
  );
  return [...new Set([...below.flat(), ...path.split(':').filter((folder) => folder.startsWith('/'))])];
}

async function look(etcd: string, signal: AbortSignal): Promise<Found | null> {
  const version = await versionOf(etcd, ['--version'], signal);
  if (version === null) return null;
  const parsed = parse(version);
  const names = parsed !== null && parsed.minor <= 5 ? ['etcdutl', 'etcdctl'] : ['etcdutl'];
  for (const name of names) {
    const restore = join(dirname(etcd), name);
    if (!(await mayRun(restore))) continue;
    // Of another minor, it may write what this etcd does not read.
    const own = parse((await versionOf(restore, ['version'], signal)) ?? '');
    if (own?.major === parsed?.major && own?.minor === parsed?.minor) return { etcd, version, restore };
  }
  return { etcd, version, restore: null };
}

async function mayRun(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** The version a program tells; `null`: none, or it does not run. */
async function versionOf(program: string, args: readonly string[], signal: AbortSignal): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const options = { env: { ETCDCTL_API: '3' }, timeout: VERSION_MS, signal, killSignal: 'SIGKILL' } as const;
  execFile(program, args, options, (error, stdout) => resolve(error === null ? stdout : ''));
  return /version: v?(\d+\.\d+\.\d+\S*)/i.exec(await promise)?.[1] ?? null;
}

function parse(version: string): Version | null {
  const [, major, minor, patch] = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version) ?? [];
  return major === undefined ? null : { major: Number(major), minor: Number(minor), patch: Number(patch) };
}
