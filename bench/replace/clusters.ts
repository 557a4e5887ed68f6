import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { makeTemporaryDirectory, removeDirectory } from '../../playground/directories.ts';
import { damageLog } from '../../playground/faults/wal.ts';
import { startPlatforms } from '../../playground/start-platforms.ts';
import { createRunbookScene } from '../../test/support/runbook-scene.ts';
import { type Replacement, replaceByRun } from './ours.ts';
import { watchVoters } from './voters.ts';

const MEMBER = 'cp-2';
/** A kubelet waits less long before it starts a crashed etcd again than a real one does, ms. */
const BACK_OFF = { first: 1_000, longest: 2_000 };
const MACHINES = { pace: 0.1, backOff: BACK_OFF };

/**
 * One replacement of a member that crash-loops on a cluster of the playground, with the rights of the shipped roles.
 *
 * @param watch as `etcd.replace.watch` in the configuration
 */
export async function onCluster(name: 'prod' | 'ocp', watch: string, withinMs: number): Promise<Replacement> {
  const directory = await makeTemporaryDirectory(`bench-replace-${name}`);
  const parts: { stop(): Promise<void> }[] = [];
  try {
    const [started] = await startPlatforms({
      names: [name],
      prod: 'cluster',
      cluster: MACHINES,
      ocp: { ...MACHINES, machines: 'inactive-set' },
      access: 'tunnel',
      settings: { replace: { watch } },
      keep: (part) => void parts.push(part),
    });
    if (started === undefined) throw new Error(`${name} was not started`);
    const store = join(directory, 'store');
    await mkdir(store);
    const { entry } = started.platform;
    const scene = createRunbookScene({ ...entry, backups: { store: { type: 'file', path: store } } }, { withinMs });
    parts.push({ stop: async () => await scene.close() });
    const voters = watchVoters(started.ring, 3);
    parts.push(voters);
    const member = started.platform.members().find((each) => each.name === MEMBER);
    if (member === undefined) throw new Error(`${name} has no ${MEMBER}`);
    await member.hold();
    await damageLog(member.dataDirectory);
    await member.release();
    return await replaceByRun(scene, MEMBER, voters);
  } finally {
    for (const part of parts.toReversed()) await part.stop();
    await removeDirectory(directory);
  }
}
