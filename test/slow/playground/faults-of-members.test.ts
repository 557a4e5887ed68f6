import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type EtcdRing, startEtcdRing } from '../../../playground/etcd-ring.ts';
import {
  createFaultBook,
  type FaultAnswer,
  type FaultBook,
  type FaultOrder,
} from '../../../playground/faults/faults.ts';
import { fillRing } from '../../../playground/fill.ts';
import { memberOfRing } from '../../../playground/platform-of-ring.ts';
import type { PlaygroundPlatform } from '../../../playground/platforms.ts';
import { waitFor } from '../../../playground/waiting.ts';
import { createDirectEtcd } from '../../../src/adapters/etcd/direct.ts';
import type { EtcdPort } from '../../../src/core/ports/etcd.ts';
import { BINARY_3_4, tlsOf } from '../../contract/etcd/real-ring.ts';
import { CALL, memberOf, membersOf, ok } from '../../contract/etcd/ring-under-test.ts';
import { startRingWriter } from '../../support/ring-writer.ts';

/** Faults of a process that real etcd sees at its next start, and what cannot be done. How each is told and replaced: `replace-*.test.ts`. */
describe('faults of members', () => {
  let ring: EtcdRing;
  let book: FaultBook;
  let port: EtcdPort;
  beforeAll(async () => {
    ring = await startEtcdRing({ binary: BINARY_3_4, args: ['--experimental-initial-corrupt-check=true'] });
    book = createFaultBook(() => [platformOf(ring)]);
    port = createDirectEtcd({ endpoints: ring.endpoints, tls: await tlsOf(ring) });
    // More entries than a snapshot is made after: without one a starting member knows no peers to compare itself with.
    await fillRing(ring, { megabytes: 2, valueBytes: 1_000, keep: 1 });
  });
  afterAll(async () => {
    await book.close();
    await port.close();
    await ring.stop();
  });

  async function hashes(): Promise<readonly number[]> {
    const { revision } = ok(await port.put('hashed', Buffer.from('x'), CALL));
    const members = await membersOf(port);
    for (const via of members) ok(await port.range({ key: 'hashed' }, { ...CALL, via }));
    return await Promise.all(members.map(async (member) => ok(await port.hash(member, revision, CALL)).hash));
  }
  async function ask(cluster: string, fault: FaultOrder['fault'], member: string): Promise<FaultAnswer> {
    return await book.set({ cluster, fault, member });
  }
  async function ends(name: string, why: RegExp): Promise<void> {
    const member = ring.member(name);
    await waitFor(`${name} to end`, async () => {
      // A full disk shows when there is something to write.
      await port.put('written', Buffer.alloc(16 * 1024), CALL);
      return member.pid() === undefined;
    });
    expect(member.output()).toMatch(why);
  }
  async function isWell(name: string): Promise<void> {
    const member = ring.member(name);
    await member.start();
    await waitFor(`${name} to be healthy`, async () => await member.healthy());
    expect(new Set(await hashes()).size).toBe(1);
  }

  test('corrupt: it goes on with another hash, and does not come up again after a restart', async () => {
    expect(await ask('edge', 'corrupt', 'm-3')).toMatchObject({ ok: true });
    const [first, second, third] = await hashes();
    expect(first).toBe(second);
    expect(third).not.toBe(first);
    expect(await ring.member('m-3').healthy()).toBe(true);
    expect(ok(await port.alarms(CALL))).toEqual([]);

    await ring.member('m-3').stop();
    await ring.member('m-3').start();
    await ends('m-3', /found data inconsistency with peers/);
    expect(await ask('edge', 'clear', 'm-3')).toMatchObject({ ok: true });
    await isWell('m-3');
  });

  test('corrupt while somebody writes, and cleared, five times: another hash each time, the same again each time, and it never ends', async () => {
    const platform = platformOf(ring);
    const writer = startRingWriter({ members: () => platform.members(), tls: ring.tls, etcdctl: 'etcdctl' });
    const pid = ring.member('m-2').pid();
    try {
      for (let turn = 0; turn < 5; turn += 1) {
        expect(await ask('edge', 'corrupt', 'm-2')).toMatchObject({ ok: true });
        const [first, second, third] = await hashes();
        expect([first === third, first === second]).toEqual([true, false]);
        expect(await ask('edge', 'clear', 'm-2')).toMatchObject({ ok: true });
        expect(new Set(await hashes()).size).toBe(1);
      }
    } finally {
      await writer.stop();
    }
    expect(ring.member('m-2').pid()).toBe(pid);
  });

  test('fill-disk: it ends for want of room, at every start', async () => {
    const answer = await ask('edge', 'fill-disk', 'm-1');
    expect(answer).toEqual({ ok: true, said: expect.stringMatching(/on a disk of \d+ MiB in memory, which is full/) });
    await ends('m-1', /no space left on device/);
    await ring.member('m-1').start();
    await ends('m-1', /no space left on device/);

    expect(await ask('edge', 'clear', 'm-1')).toMatchObject({ ok: true });
    await isWell('m-1');
    expect(await membersOf(port)).toHaveLength(3);
    expect(ok(await port.status(await memberOf(port, 'm-1'), CALL)).errors).toEqual([]);
  });

  test('what cannot be done is said: no such cluster, member or node, a second fault, nothing to clear', async () => {
    expect(await ask('prod', 'corrupt', 'm-1')).toEqual({ ok: false, problem: 'There is no prod: there is edge.' });
    expect(await ask('edge', 'corrupt', 'm-9')).toEqual({
      ok: false,
      problem: 'edge has no m-9: there are m-1, m-2, m-3.',
    });
    expect(await ask('edge', 'not-ready', 'm-1')).toMatchObject({
      ok: false,
      problem: expect.stringContaining('on no node'),
    });
    expect(await ask('edge', 'clear', 'm-1')).toEqual({
      ok: false,
      problem: 'm-1 has no fault that could be cleared.',
    });
    expect(await ask('edge', 'corrupt', 'm-1')).toMatchObject({ ok: true });
    expect(await ask('edge', 'corrupt', 'm-1')).toEqual({
      ok: false,
      problem: 'm-1 has the fault corrupt already: clear that first.',
    });
    expect(await ask('edge', 'clear', 'm-1')).toMatchObject({ ok: true });
  });
});

/** A ring whose processes nobody starts again by himself. */
function platformOf(ring: EtcdRing): PlaygroundPlatform {
  return {
    name: 'edge',
    members: () => ring.members.map(memberOfRing),
    tls: ring.tls,
    entry: {},
    work: null,
    hint: '',
    stop: async () => await ring.stop(),
  };
}
