import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeTemporaryDirectory, removeDirectory } from '../../playground/directories.ts';

/** The machine's etcd with an etcdctl whose calls can be made to hang. */
export interface HangingEtcdctl {
  /** Path of the etcd program, for a playground cluster; its etcdctl lies beside it. */
  readonly etcd: string;
  /** From now on calls whose arguments contain these words never end, and do nothing. */
  hang(words: string): Promise<void>;
  /** Ends those that hang, as failed. */
  release(): Promise<void>;
  remove(): Promise<void>;
}

/** Makes the programs. */
export async function makeHangingEtcdctl(): Promise<HangingEtcdctl> {
  const directory = await makeTemporaryDirectory('hanging-etcdctl');
  const flag = join(directory, 'hang');
  const path = `PATH='${process.env['PATH'] ?? ''}'`;
  const waiting = [
    `if [ -s '${flag}' ]; then`,
    `  case " $* " in *" $(cat '${flag}') "*)`,
    `    while [ -e '${flag}' ]; do sleep 0.2; done`,
    '    exit 1;;',
    '  esac',
    'fi',
  ];
  await program(join(directory, 'etcd'), [path, 'exec etcd "$@"']);
  await program(join(directory, 'etcdctl'), [path, ...waiting, 'exec etcdctl "$@"']);
  async function release(): Promise<void> {
    await rm(flag, { force: true });
  }
  return {
    etcd: join(directory, 'etcd'),
    hang: async (words) => await writeFile(flag, words),
    release,
    async remove() {
      await release();
      await removeDirectory(directory);
    },
  };
}

async function program(path: string, lines: readonly string[]): Promise<void> {
  await writeFile(path, ['#!/bin/sh', ...lines, ''].join('\n'));
  await chmod(path, 0o755);
}
