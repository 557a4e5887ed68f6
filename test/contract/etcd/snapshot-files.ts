import { execFile } from 'node:child_process';
import { z } from 'zod';

const Printed = z.object({ revision: z.int().transform(BigInt), totalKey: z.int() });

/** What etcd's own program says of a snapshot file. `program`: `etcdctl` of 3.4 or `etcdutl`. @throws what it says when it cannot. */
export async function snapshotStatus(program: string | null, file: string): Promise<z.infer<typeof Printed>> {
  const { stdout, stderr, failed } = await run(program, ['snapshot', 'status', file, '--write-out=json']);
  if (failed) throw new Error(stderr);
  return Printed.parse(JSON.parse(stdout));
}

/** Restores a snapshot file to a new data directory. Answers nothing, or why the program refused. */
export async function restoreSnapshot(program: string | null, file: string, directory: string): Promise<string> {
  const { stderr, failed } = await run(program, ['snapshot', 'restore', file, `--data-dir=${directory}`]);
  return failed ? stderr : '';
}

interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly failed: boolean;
}

function run(program: string | null, args: readonly string[]): Promise<Ended> {
  if (program === null) throw new Error('there is no program that could open it');
  const { promise, resolve } = Promise.withResolvers<Ended>();
  execFile(program, args, { env: { ETCDCTL_API: '3' } }, (error, stdout, stderr) =>
    resolve({ stdout, stderr: `${stderr}${error?.message ?? ''}`, failed: error !== null }),
  );
  return promise;
}
