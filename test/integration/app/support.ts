import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { makeTemporaryDirectory, removeDirectory } from '../../../playground/directories.ts';
import { freePort } from '../../../playground/ports.ts';
import { type RunningProcess, startProcess } from '../../../playground/processes.ts';
import { type PlaygroundRedis, startRedis } from '../../../playground/redis.ts';
import { waitFor } from '../../../playground/waiting.ts';
import { ROOT } from '../../support/repository.ts';

/** A configuration that needs no cluster to start. */
export const CONFIG = `version: 1
http: { host: 127.0.0.1 }
clusters:
  prod:
    platform: etcd
    etcd: { access: direct, endpoints: ["http://127.0.0.1:1"] }
    channels: { ops: C0OPS }
roles:
  operator: { users: [U0OPERATOR] }
  approver: { users: [U0APPROVER1] }
policy:
  - { clusters: [prod], commands: [status, defrag], allow: [operator] }
`;

/** A Redis that is gone when the test is over. */
export async function redisForTest(args: readonly string[] = []): Promise<PlaygroundRedis> {
  const redis = await startRedis({ args });
  onTestFinished(async () => {
    await redis.stop();
  });
  return redis;
}

/** A process of Drydock as people start it. */
export interface Started {
  readonly process: RunningProcess;
  readonly url: string;
  /** Its configuration file. */
  readonly file: string;
  /** Status of `/readyz`; 0 while nothing listens. */
  readyz(): Promise<number>;
}

/** Starts `node src/app/main.ts <args>` with a configuration of its own and nothing of this environment but PATH. */
export async function startDrydock(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  yaml: string = CONFIG,
): Promise<Started> {
  const folder = await makeTemporaryDirectory('app');
  const file = join(folder, 'drydock.yaml');
  await writeFile(file, yaml);
  const port = await freePort();
  const running = await startProcess({
    name: `drydock ${args.join(' ')}`,
    command: process.execPath,
    args: [join(ROOT, 'src/app/main.ts'), ...args],
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', DRYDOCK_CONFIG: file, PORT: String(port), ...env },
    removeWhenOrphaned: [folder],
  });
  onTestFinished(async () => {
    await running.kill();
    await removeDirectory(folder);
  });
  const url = `http://127.0.0.1:${port}`;
  return {
    process: running,
    url,
    file,
    readyz: async () =>
      await fetch(`${url}/readyz`).then(
        (response) => response.status,
        () => 0,
      ),
  };
}

/** Waits until the process takes work. */
export async function untilReady(started: Started): Promise<void> {
  await waitFor('readiness', async () => {
    if (started.process.end() !== undefined) throw new Error(`it ended:\n${started.process.output()}`);
    return (await started.readyz()) === 200;
  });
}
