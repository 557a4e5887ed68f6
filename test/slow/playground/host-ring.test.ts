import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { throughAny } from '../../../playground/etcd-membership.ts';
import { HOST_FACTS } from '../../../playground/hosts/host.ts';
import { type HostRing, startHostRing } from '../../../playground/hosts/host-ring.ts';
import { waitFor } from '../../../playground/waiting.ts';
import { createSshHosts } from '../../../src/adapters/ssh/ssh-hosts.ts';
import { joiningSettings, withSettings } from '../../../src/core/etcd/environment-file.ts';
import {
  dataPaths,
  fileReplacement,
  moveAside,
  readFile as readHostFile,
  readText,
  replaceFile,
} from '../../../src/core/etcd/host-files.ts';
import {
  type HostProgram,
  isCrashLooping,
  isStopped,
  readDatabaseLock,
  readServiceState,
  type ServiceState,
  serviceLog,
  showService,
  startService,
  stopService,
  tryDatabaseLock,
} from '../../../src/core/etcd/host-service.ts';
import type { HostPort } from '../../../src/core/ports/hosts.ts';
import type { ExecOutcome } from '../../../src/core/ports/kubernetes.ts';
import { BINARY_3_4, BINARY_3_5 } from '../../contract/etcd/real-ring.ts';

const CALL = { timeoutMs: 20_000 };
const LONG = 120_000;
const RUN = 'replace-edge-7f3k';

/** Real etcd on hosts: what the programs of a replacement do to it, and what a person does who sets up a host. */
describe.each([
  ['3.4', BINARY_3_4],
  ['3.5', BINARY_3_5],
])('a ring of hosts, etcd %s', (_, binary) => {
  let ring: HostRing;
  let hosts: HostPort;
  beforeAll(async () => {
    ring = await startHostRing({ binary, restartMs: 500 });
    const { ssh, ...facts } = ring.entry;
    hosts = createSshHosts({ ...ssh, facts });
  }, LONG);
  afterAll(() => ring.stop());

  async function run(name: string, { argv, stdin }: HostProgram): Promise<ExecOutcome> {
    const result = await hosts.run(ring.host(name).address, argv, stdin === undefined ? CALL : { ...CALL, stdin });
    if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
    return result.value;
  }
  async function state(name: string): Promise<ServiceState> {
    const read = readServiceState(await run(name, showService(HOST_FACTS.service)));
    if (!read.ok) throw new Error(read.why);
    return read.value;
  }
  async function log(name: string): Promise<string> {
    return Buffer.from((await run(name, serviceLog(HOST_FACTS.service, 50))).stdout).toString();
  }
  const members = () => throughAny(running(), ring.tls, (membership) => membership.list());
  function running(): readonly string[] {
    return ring.members.filter((each) => each.pid() !== undefined).map((each) => each.clientUrl);
  }
  /**
   * Removes one and adds a learner at this address, through a member that runs, as often as it takes: the ring changes only when its members
   * have been connected for a while, and a change whose answer did not come may have been made.
   */
  async function exchange(name: string, peerUrl: string): Promise<void> {
    const old = await waitFor('the member to be listed', async () =>
      (await members()).find((each) => each.name === name),
    );
    await waitFor('the member to be removed', async () => {
      if ((await members()).every(({ id }) => id !== old.id)) return true;
      await throughAny(running(), ring.tls, (membership) => membership.remove(old.id)).catch(() => undefined);
      return false;
    });
    await waitFor('the learner to be added', async () => {
      if ((await members()).some((each) => each.isLearner && each.peerUrls.includes(peerUrl))) return true;
      await throughAny(running(), ring.tls, (membership) => membership.add(peerUrl, true)).catch(() => undefined);
      return false;
    });
  }
  async function promote(): Promise<void> {
    await waitFor('the learner to be promoted', async () => {
      const learner = (await members()).find((each) => each.isLearner);
      if (learner === undefined) return true;
      await throughAny(running(), ring.tls, (membership) => membership.promote(learner.id)).catch(() => undefined);
      return false;
    });
    await ring.waitHealthy(60_000);
  }

  test(
    'in place: stopped and proven stopped, data and settings kept aside, started as a new member',
    async () => {
      const [{ service, dataDirectory, environmentFile }, m2] = [HOST_FACTS, ring.host('m-2')];
      const held = readDatabaseLock(await run('m-2', tryDatabaseLock(dataDirectory)));
      await run('m-2', stopService(service));
      await expect.poll(async () => isStopped(await state('m-2'))).toBe(true);
      const free = readDatabaseLock(await run('m-2', tryDatabaseLock(dataDirectory)));
      expect([held, free]).toEqual([
        { ok: true, value: 'held' },
        { ok: true, value: 'free' },
      ]);

      const paths = dataPaths(dataDirectory, RUN);
      expect((await run('m-2', moveAside(paths))).exitCode).toBe(0);
      const peerUrl = ring.member('m-2').peerUrl;
      await exchange('m-2', peerUrl);
      const others = (await members()).filter((each) => each.name !== '');
      const text = readText(await run('m-2', readHostFile(environmentFile)));
      const joining = withSettings(
        text.ok ? text.value : '',
        joiningSettings({ name: 'm-2', peerUrls: [peerUrl] }, others),
      );
      for (const program of replaceFile(fileReplacement(environmentFile, RUN), joining, false))
        expect(await run('m-2', program)).toMatchObject({ exitCode: 0 });
      await run('m-2', startService(service));
      await promote();

      expect((await members()).map((each) => each.name).toSorted()).toEqual(['m-1', 'm-2', 'm-3']);
      // What was kept is whole, and etcd goes on beside it.
      expect((await readFile(m2.path(`${paths.aside}/snap/db`))).length).toBeGreaterThan(0);
      expect((await state('m-2')).restarts).toBe(0);
    },
    LONG,
  );

  test(
    'the data of a removed member are refused by etcd, again and again, and its log says why',
    async () => {
      const paths = dataPaths(HOST_FACTS.dataDirectory, RUN);
      const m2 = ring.host('m-2');
      await m2.service.stop();
      const before = await state('m-2');
      for (const [from, to] of [
        [paths.member, `${paths.directory}/new`],
        [paths.aside, paths.member],
      ] as const)
        await run('m-2', { argv: ['mv', '-T', '--', from, to] });
      await m2.service.start();
      await waitFor('a crash loop', async () => isCrashLooping(await state('m-2'), before));
      await expect.poll(() => log('m-2')).toMatch(/permanently removed|data-dir used by this member must be removed/);
      await m2.service.stop();
      for (const [from, to] of [
        [paths.member, paths.aside],
        [`${paths.directory}/new`, paths.member],
      ] as const)
        await run('m-2', { argv: ['mv', '-T', '--', from, to] });
      await m2.service.start();
      await ring.waitHealthy(60_000);
    },
    LONG,
  );

  test(
    'a machine that is gone: a person sets up another one, at a new address and at the old one',
    async () => {
      await ring.host('m-3').powerOff();
      expect(await hosts.run(ring.host('m-3').address, ['true'], CALL)).toMatchObject({
        error: { code: 'unreachable' },
      });
      const place = ring.nextPlace();
      await exchange('m-3', place.peerUrl);
      expect((await ring.build()).name).toBe('m-4');
      await promote();
      await exchange('m-4', ring.member('m-3').peerUrl);
      await ring.host('m-4').powerOff();
      const oldKey = ring.host('m-3').hostKey();
      expect((await ring.build()).name).toBe('m-3');
      await promote();

      expect((await members()).map((each) => each.name).toSorted()).toEqual(['m-1', 'm-2', 'm-3']);
      // Set up anew, it shows another host key, which the person has pinned.
      expect(ring.host('m-3').hostKey()).not.toBe(oldKey);
      expect(await run('m-3', { argv: ['true'] })).toMatchObject({ exitCode: 0 });
      await expect(ring.build()).rejects.toThrow('the ring waits for no member');
    },
    LONG,
  );

  test('nothing leaves the host: paths, other programs, the systemd of this machine, sudo that is not allowed', async () => {
    const canary = join(ring.directory, 'canary');
    await writeFile(canary, 'untouched');
    const m1 = ring.host('m-1');
    const answers = await Promise.all(
      [
        ['mv', '-T', '--', canary, '/var/lib/etcd/canary'],
        ['cat', '--', '/../../canary'],
        ['ln', '-s', canary, '/etc/canary'],
        ['rm', '-rf', '/'],
        ['sh', '-c', `cat ${canary}`],
        ['flock', '/etc/default/etcd', 'cat', canary],
        ['systemctl', 'stop', '--', 'ssh.service'],
      ].map((argv) => hosts.run(m1.address, argv, CALL)),
    );
    m1.allowSudo(false);
    const refused = await hosts.run(m1.address, ['true'], CALL);
    m1.allowSudo(true);

    expect(answers.map((answer) => (answer.ok ? answer.value.exitCode : 0) !== 0 || !answer.ok)).not.toContain(false);
    expect(await readFile(canary, 'utf8')).toBe('untouched');
    expect(refused).toMatchObject({
      error: { code: 'refused', message: expect.stringContaining('a password is required; nothing was run') },
    });
  });
});
