import { describe, expect, test } from 'vitest';
import { reach, visibleClusters } from '../../../src/core/access.ts';
import type { Policy } from '../../../src/core/policy.ts';
import { sampleCluster } from '../../support/sample-cluster.ts';

const CLUSTERS = [sampleCluster(), sampleCluster({ name: 'staging' }), sampleCluster({ name: 'hidden' })];
const POLICY: Policy = {
  homeTeam: 'T0HOME',
  roles: [
    { name: 'operator', users: ['U1'] },
    { name: 'watcher', users: ['U2'] },
  ],
  rules: [
    { clusters: ['prod', 'staging'], commands: ['status', 'defrag'], allow: ['operator'], approvals: null },
    { clusters: ['staging'], commands: ['status'], allow: ['watcher'], approvals: null },
    { clusters: ['hidden'], commands: ['defrag'], allow: ['watcher'], approvals: null },
  ],
  defaultApprovals: { required: 1, from: ['operator'], requesterMayApprove: false, expiresMs: 1 },
};

function asked(user: string, cluster: string, verb = 'defrag', team = 'T0HOME') {
  return reach(POLICY, CLUSTERS, { actor: { team, user }, cluster, verb });
}

describe('reach', () => {
  test('a permitted cluster, with the rule', () => {
    expect(asked('U1', 'prod')).toMatchObject({
      ok: true,
      cluster: { name: 'prod' },
      permission: { rule: 'rule 1: operator may defrag on prod' },
    });
  });

  test('a cluster that may be seen but not touched', () => {
    expect(asked('U2', 'staging')).toMatchObject({ ok: false, reason: 'not-permitted' });
  });

  test('a rule without status permits what it names', () => {
    expect(asked('U2', 'hidden')).toMatchObject({ ok: true });
  });

  test('a foreign cluster and one that does not exist answer alike', () => {
    const foreign = asked('U2', 'prod');
    const missing = asked('U2', 'prox');

    expect(foreign).toEqual({ ok: false, reason: 'unknown-cluster', why: 'You asked for "prod".' });
    expect(missing).toEqual({ ok: false, reason: 'unknown-cluster', why: 'You asked for "prox".' });
  });

  test('somebody without any role is told so, in the same words for every name', () => {
    const existing = asked('U9', 'prod');
    const missing = asked('U9', 'nowhere');

    expect(existing).toMatchObject({
      ok: false,
      reason: 'not-permitted',
      why: 'You have no role, and no rule lets you defrag on prod.',
    });
    expect(missing).toMatchObject({
      ok: false,
      reason: 'not-permitted',
      why: 'You have no role, and no rule lets you defrag on nowhere.',
    });
  });

  test('a slip of the keyboard is helped with names that may be seen', () => {
    expect(asked('U1', 'stagign')).toMatchObject({
      reason: 'unknown-cluster',
      why: 'You asked for "stagign". Did you mean staging?',
    });
  });

  test('another team is turned away whatever it asks for', () => {
    expect(asked('U1', 'prod', 'defrag', 'T0OTHER')).toMatchObject({ ok: false, reason: 'foreign-team' });
  });
});

test('visible clusters are those whose status may be asked for', () => {
  expect(visibleClusters(POLICY, CLUSTERS, { team: 'T0HOME', user: 'U2' }).map((cluster) => cluster.name)).toEqual([
    'staging',
  ]);
});
