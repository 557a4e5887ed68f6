import { afterAll, beforeAll, expect, test } from 'vitest';
import { throughAny } from '../../playground/etcd-membership.ts';
import { platformOfHosts } from '../../playground/hosts/host-platform.ts';
import { type HostRing, startHostRing } from '../../playground/hosts/host-ring.ts';
import { BINARY_3_5 } from '../contract/etcd/real-ring.ts';
import { PLACE_CALLS } from '../support/place-calls.ts';
import { replaceUnderFire } from '../support/replace-killed.ts';
import { QUICK, type Replacements, startReplacements } from '../support/replacements.ts';

const LONG = 400_000;

/**
 * Where a worker dies, in one run. Every boundary of every call is killed in memory (`test/unit/jobs/etcd-replace-crash.test.ts`): a successor
 * that finds a call announced and nothing done watches for 20 s and more before it says so, so here it has to only once.
 */
const BOUNDARIES = [
  ...PLACE_CALLS.map((action) => `call-made of ${action}`),
  'intent-after-store of remove-member',
  'observed-after-store of remove-member',
  'observed-after-store of add-learner',
  'ending-after-store of promote',
] as const;

let ring: HostRing;
let edge: Replacements;

beforeAll(async () => {
  ring = await startHostRing({ binary: BINARY_3_5, quotaBytes: 64 * 1024 * 1024, restartMs: 500 });
  edge = await startReplacements(platformOfHosts('edge', ring, QUICK), { etcdctl: `${BINARY_3_5}ctl` });
}, LONG);

afterAll(() => edge.stop());

test(
  'crash-loop: a worker is killed at every call, and around the removal: whoever is next ends the run, nothing is done twice, and no write is lost',
  async () => {
    await edge.fault('crash-loop', 'm-2', 'crash-looping');
    const others = ring.endpoints.filter((url) => !url.includes(ring.host('m-2').address));
    const listed = () => throughAny(others, ring.tls, (each) => each.list());
    const before = await listed();

    const { run, deaths } = await replaceUnderFire({
      entry: edge.entry,
      member: 'm-2',
      boundaries: BOUNDARIES,
      withinMs: LONG - 60_000,
    });

    const happened = run.acts.filter(({ observed }) => observed?.result === 'done');
    const after = await listed();
    await edge.expectWhole(run, ['m-1', 'm-2', 'm-3']);
    expect(deaths).toEqual(expect.arrayContaining([...BOUNDARIES]));
    // Once each, however many workers looked.
    expect(happened.map(({ action }) => action)).toEqual(PLACE_CALLS);
    // Two of the members are the old ones, one is new.
    expect(
      after
        .filter(({ id }) => before.some((old) => old.id === id))
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(['m-1', 'm-3']);
  },
  LONG,
);
