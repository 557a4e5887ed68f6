import { existsSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fillRing } from '../../playground/fill.ts';
import { HOST_FACTS } from '../../playground/hosts/host.ts';
import { platformOfHosts } from '../../playground/hosts/host-platform.ts';
import { type HostRing, startHostRing } from '../../playground/hosts/host-ring.ts';
import { BINARY_3_5 } from '../contract/etcd/real-ring.ts';
import { caseOf, QUICK, type Replacements, startReplacements } from '../support/replacements.ts';

/** Faults and replacements on a bare ring: real etcd, hosts by ssh, gates, while somebody writes all the time. */
let ring: HostRing;
let edge: Replacements;
/** What happens at a gate before the host is built. */
let meanwhile: () => Promise<void> = async () => await Promise.resolve();
const LONG = 240_000;

beforeAll(async () => {
  ring = await startHostRing({ binary: BINARY_3_5, quotaBytes: 64 * 1024 * 1024, restartMs: 500 });
  await fillRing(ring, { megabytes: 1, valueBytes: 1_000, keep: 1 });
  edge = await startReplacements(platformOfHosts('edge', ring, QUICK), {
    etcdctl: `${BINARY_3_5}ctl`,
    people: {
      async workOutside() {
        await meanwhile();
        await ring.build();
      },
    },
  });
}, LONG);

afterAll(() => edge.stop());

test.each([
  ['crash-loop', 'crash-looping', /etcd\.service is (?:activating|failed).*its own files are damaged/, 'ring-place'],
  ['stop-machine', 'not running', /m-1 and m-3 are not connected to it/, 'ring-host'],
  ['fill-disk', 'disk full', /are free on its data volume/, 'ring-host'],
] as const)(
  '%s is told as %s, and planned for',
  async (fault, told, words, as) => {
    const { report, run } = await edge.whileFaulty(fault, 'm-2', told, words);

    expect(report.healthy).toBe(false);
    expect(caseOf(run)).toBe(as);
  },
  LONG,
);

test(
  'corrupt: told as other data, and replaced in place by ssh, its data kept',
  async () => {
    const words = /it has other data than m-1 and m-3 at revision \d+/;
    await edge.fault('corrupt', 'm-2', 'other data than the others', words);

    const run = await edge.replace('m-2');

    await edge.expectWhole(run, ['m-1', 'm-2', 'm-3']);
    expect(existsSync(ring.host('m-2').path(`${HOST_FACTS.dataDirectory}/old-${run.id}/snap/db`))).toBe(true);
  },
  LONG,
);

test(
  'the machine of the leader is gone: a person builds another one at a new address, a second member freezes meanwhile, and the run goes on',
  async () => {
    const leader = await ring.leader();
    const rest = ['m-1', 'm-2', 'm-3'].filter((name) => name !== leader.name);
    await edge.fault('stop-machine', leader.name, 'not running');
    const [stays, second] = rest.map((name) => ring.member(name));
    meanwhile = async () => {
      second?.pause();
      // Of two voters one is left: nobody is healthy without a quorum.
      await expect.poll(async () => await stays?.healthy(), { timeout: 60_000 }).toBe(false);
      second?.resume();
      await expect
        .poll(async () => [await stays?.healthy(), await second?.healthy()], { timeout: 60_000 })
        .toEqual([true, true]);
    };

    const run = await edge.replace(leader.name, { peerUrl: ring.nextPlace().peerUrl });

    await edge.expectWhole(run, [...rest, 'm-4']);
  },
  LONG,
);

test(
  'a planned swap of the leader: the new member first, then leadership moves, then the old one goes',
  async () => {
    meanwhile = async () => await Promise.resolve();
    const before = await edge.voters();
    const leader = await ring.leader();
    const next = ring.nextPlace();

    const run = await edge.replace(leader.name, { peerUrl: next.peerUrl, overHealthy: true });

    await edge.expectWhole(run, [...before.filter((name) => name !== leader.name), next.name].toSorted());
    // The old process is stopped, so that it does not come back as a member that nobody knows.
    expect(ring.host(leader.name).service.status()).toMatchObject({ active: 'inactive' });
  },
  LONG,
);
