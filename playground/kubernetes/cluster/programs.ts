import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The programs of the etcd image on this machine, and their version. */
export interface EtcdPrograms {
  readonly programs: Readonly<Record<string, string>>;
  /** `3.4.23`. */
  readonly version: string;
}

/**
 * Finds etcd's programs. A path like `/opt/etcd-3.5/etcd` brings the `etcdctl` and `etcdutl` beside it, a plain name those
 * of PATH.
 *
 * @throws Error when etcd cannot be started.
 */
export async function findEtcd(etcd: string): Promise<EtcdPrograms> {
  const { stdout } = await run(etcd, ['--version']);
  const version = /etcd Version: (\S+)/.exec(stdout)?.[1];
  if (version === undefined) throw new Error(`${etcd} --version says no version: ${stdout}`);
  const folder = etcd.includes('/') ? dirname(etcd) : undefined;
  const others = ['etcdctl', 'etcdutl'].map((name) => {
    const beside = folder === undefined ? undefined : join(folder, name);
    return [name, beside !== undefined && existsSync(beside) ? beside : name] as const;
  });
  return { programs: { etcd, ...Object.fromEntries(others) }, version };
}
