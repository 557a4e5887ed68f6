import { describe, expect, it } from 'vitest';
import { etcdOutOfReach, reach, visibleClusters } from '../../../src/core/access.ts';
import { okAnswer, refusedAnswer } from '../../../src/core/answer.ts';
import { type ClusterProfile, DEFAULT_REPLACE } from '../../../src/core/cluster-profile.ts';
import type { CommandArguments } from '../../../src/core/command.ts';
import { orderEtcdRun, orderRun } from '../../../src/core/order.ts';
import type { Policy } from '../../../src/core/policy.ts';
import { OUTCOMES, REASONS } from '../../../src/core/reasons.ts';
import { applyEvent, type RunState } from '../../../src/core/run-state.ts';
import { cleanupInWords, OUTCOME_WORDS, stateInWords } from '../../../src/core/wording.ts';
import { operator, stranger, TEAM } from '../../support/engine-harness.ts';
import { make, SAMPLE_AT, sampleApprovals, stateOf, waitingState } from '../../support/run-samples.ts';

const DEFRAG = { minFragmented: 0.5, maxQuotaUsed: 0.5, pauseMs: 0, answerWithinMs: 1, sampleMs: 1, quotaBytes: null };

function cluster(name: string, platform: ClusterProfile['platform'] = 'etcd'): ClusterProfile {
  const channels = { ops: 'C0', incidents: null, audit: null };
  return { name, platform, etcdAccess: null, defrag: DEFRAG, replace: DEFAULT_REPLACE, channels };
}

const clusters = [cluster('prod'), cluster('secret'), cluster('cloud', 'eks')];
const policy: Policy = {
  homeTeam: TEAM,
  roles: [{ name: 'operator', users: [operator.user] }],
  rules: [
    { clusters: ['prod', 'cloud', 'gone'], commands: ['status', 'defrag'], allow: ['operator'], approvals: null },
    { clusters: ['secret'], commands: ['status'], allow: ['nobody'], approvals: null },
  ],
  defaultApprovals: sampleApprovals(),
};

function ask(name: string, verb = 'defrag', actor = operator): object {
  return reach(policy, clusters, { actor, cluster: name, verb });
}

describe('reaching a cluster by name', () => {
  it('gives the cluster to who may, and the rule to who may see it and may not', () => {
    expect(ask('prod')).toMatchObject({
      ok: true,
      cluster: { name: 'prod' },
      permission: { rule: expect.any(String) },
    });
    expect(ask('prod', 'restore')).toMatchObject({ ok: false, reason: 'not-permitted' });
  });

  it('tells in the same words of clusters that one may not see and of those that do not exist', () => {
    expect(ask('secret')).toEqual({ ok: false, reason: 'unknown-cluster', why: 'You asked for "secret".' });
    expect(ask('nowhere')).toEqual({ ok: false, reason: 'unknown-cluster', why: 'You asked for "nowhere".' });
    expect(ask('gone')).toMatchObject({ ok: false, reason: 'unknown-cluster' });
    expect(ask('prd')).toMatchObject({ why: 'You asked for "prd". Did you mean prod?' });
    const told = ['prod', 'secret', 'nowhere'].map((name) => ask(name, 'defrag', stranger));
    expect(told).toMatchObject(told.map(() => ({ ok: false, reason: 'not-permitted' })));
  });

  it('tells people of another team nothing', () => {
    expect(ask('prod', 'defrag', { ...operator, team: 'T1' })).toMatchObject({ reason: 'foreign-team' });
    expect(visibleClusters(policy, clusters, operator).map(({ name }) => name)).toEqual(['prod', 'cloud']);
    expect(visibleClusters(policy, clusters, stranger)).toEqual([]);
  });
});

describe('ordering a run', () => {
  const args: CommandArguments = { subject: 'prod', targets: [], flags: { wait: true }, rest: '' };
  const context = { clusters };

  it('takes cluster, parameters, dry run and waiting from the command', () => {
    expect(orderRun('etcd-defrag', args, { all: true })).toEqual({
      kind: 'run',
      order: { runbook: 'etcd-defrag', cluster: 'prod', params: { all: true }, dryRun: false, waitForLock: true },
    });
    const dry = { ...args, subject: null, flags: { 'dry-run': true } };
    expect(orderRun('x', dry, {})).toMatchObject({ order: { cluster: '', dryRun: true, waitForLock: false } });
  });

  it('refuses work on etcd where the provider runs it, and on clusters that are not there', () => {
    expect(orderEtcdRun(context, 'etcd-defrag', args, {})).toMatchObject({ kind: 'run' });
    expect(orderEtcdRun(context, 'etcd-defrag', { ...args, subject: 'cloud' }, {})).toMatchObject({
      answer: {
        kind: 'refused',
        reason: 'not-applicable',
        lines: [[expect.stringContaining('EKS')], expect.any(String)],
      },
    });
    expect(orderEtcdRun(context, 'etcd-defrag', { ...args, subject: 'x' }, {})).toMatchObject({
      answer: { reason: 'unknown-cluster' },
    });
  });

  it.each(['eks', 'gke', 'aks'] as const)('knows that %s hides its etcd', (platform) => {
    expect(etcdOutOfReach(cluster('c', platform))).toContain(platform.toUpperCase());
    expect(etcdOutOfReach(cluster('c', 'kubeadm'))).toBeNull();
  });
});

describe('answers', () => {
  it('refuse with the text of the reason, why in this case, and what to do next', () => {
    const { text, next } = REASONS['lock-held'];

    expect(refusedAnswer('lock-held', 'x holds it.')).toMatchObject({
      title: text,
      lines: [['x holds it.'], next],
      reason: 'lock-held',
    });
    expect(refusedAnswer('lock-held', '').lines).toEqual([next]);
    expect(okAnswer('Done', ['fine'])).toEqual({
      kind: 'ok',
      title: 'Done',
      lines: ['fine'],
      table: null,
      reason: null,
    });
  });

  it('name people as mentions, and nothing else that only looks like one', () => {
    const [line] = refusedAnswer('gate-settled', 'It was approved by <@U0AP1>, <@W0X> and <!channel> <@lower>.').lines;

    expect(line).toEqual([
      'It was approved by ',
      { user: 'U0AP1' },
      ', ',
      { user: 'W0X' },
      ' and <!channel> <@lower>.',
    ]);
  });
});

describe('where a run stands, in words', () => {
  const planned = [make.requested(), make.planned({ gates: [] })] as const;
  const wait = { v: 1, at: SAMPLE_AT, type: 'lock-waiting', lock: 'cluster/prod', heldBy: 'defrag-prod-1' };

  it.each<[RunState, string]>([
    [stateOf(make.requested()), 'Planning: changing nothing'],
    [stateOf(make.requested(), make.planned()), 'Planning: changing nothing'],
    [waitingState({ approvals: sampleApprovals({ required: 2 }) }), 'Waiting for approval: 0 of 2'],
    [applyEvent(waitingState(), make.voted()), 'Waiting for approval: 1 of 1'],
    [waitingState({ id: 'remove-member', title: 'Remove m-2' }), 'Waiting for approval, 0 of 1: Remove m-2'],
    [stateOf(...planned, wait), 'Waiting for the lock cluster/prod, held by defrag-prod-1'],
    [stateOf(...planned, make.locked(), make.started()), 'Running step 1 of 1'],
    [stateOf(...planned, make.stepDone()), 'Running step 1 of 1'],
    [stateOf(make.requested(), make.planned({ steps: [], gates: [] })), 'Planned'],
    [stateOf(...planned, make.cancelled()), 'Stopping at the next safe point, as asked'],
    [stateOf(...planned, make.registered(), make.ending()), 'Ending: putting back what was changed for this run'],
    [stateOf(...planned, make.registered(), make.ending(), make.cleaned()), 'Ending'],
    [stateOf(...planned, make.ending()), 'Ending'],
    [stateOf(...planned, make.ending(), make.ended()), 'Succeeded'],
    [stateOf(make.requested(), { type: 'new' }), 'Waiting for a newer worker: event "new" is not known here'],
  ])('%#: %s', (state, words) => {
    expect(stateInWords(state)).toBe(words);
  });

  it('has words of its own for each ending', () => {
    expect(Object.keys(OUTCOME_WORDS)).toEqual([...OUTCOMES]);
    expect(new Set(Object.values(OUTCOME_WORDS)).size).toBe(OUTCOMES.length);
  });
});

describe('what became of what was changed for a run, in words', () => {
  const guard = { kind: 'ocp.guard-on@1', summary: 'the quorum guard (by hand: oc patch etcd/cluster)' };

  it('has the command by hand as long as somebody may need it', () => {
    expect(cleanupInWords(guard, 'done')).toEqual({ became: 'Put back', what: 'the quorum guard' });
    expect(cleanupInWords(guard, 'registered')).toEqual({ became: 'Still to be put back', what: guard.summary });
    expect(cleanupInWords(guard, 'failed')).toEqual({ became: 'Not put back', what: guard.summary });
  });

  it('says of a cordon that a run keeps, settled before its end, that it stays', () => {
    const cordon = {
      kind: 'nodes.uncordon-own@1',
      summary: 'worker-2 takes pods again (by hand: kubectl uncordon worker-2)',
    };

    expect(cleanupInWords(cordon, 'done', true)).toEqual({
      became: 'Stays',
      what: 'worker-2 is cordoned',
    });
    expect(cleanupInWords(cordon, 'done').became).toBe('Put back');
    expect(cleanupInWords(guard, 'done', true).became).toBe('Put back');
  });
});
