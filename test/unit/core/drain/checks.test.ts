import { describe, expect, test } from 'vitest';
import { type CheckOrder, type DryRunAnswer, drainChecks, toAsk } from '../../../../src/core/drain/checks.ts';
import { Placement } from '../../../../src/core/drain/placement.ts';
import type { DrainPod, DrainView } from '../../../../src/core/drain/view.ts';
import type { KubernetesErrorCode } from '../../../../src/core/ports/kubernetes.ts';
import {
  budgetOf,
  daemonSet,
  deployment,
  nodeOf,
  podOn,
  SAMPLE_AT,
  SAMPLE_MS,
  viewOf,
} from '../../../support/drain-view.ts';

const NONE = { deleteEmptyDir: false, unmanaged: false, ignoreBudgets: false };
const proxy = daemonSet('proxy');
const pods = [podOn('worker-1', 'nginx-1', { unprobed: false }), podOn('worker-1', 'nginx-2')];
const nodes = [nodeOf('worker-1'), nodeOf('worker-2', { cordoned: false })];
const calm = viewOf({
  nodes,
  pods: [...pods, podOn('worker-2', 'nginx-3')],
  budgets: [budgetOf('nginx', 2)],
  workloads: deployment('nginx'),
});

/** Checks as lines: verdict, id, title, evidence. */
function lines(
  view: DrainView,
  over: Partial<CheckOrder> = {},
  names: readonly string[] = ['worker-1'],
): readonly string[] {
  const order: CheckOrder = { consents: NONE, dryRun: null, purpose: 'drain', ...over };
  return drainChecks(view, names, order, SAMPLE_MS).map(
    ({ id, verdict, title, evidence }) => `${verdict} ${id} | ${title} | ${evidence}`,
  );
}

function only(id: string, all: readonly string[]): string {
  return all.find((line) => line.split(' ')[1] === id) ?? 'absent';
}

/** A pod of the same app elsewhere that is not ready. */
function sick(index: number, trouble: string): DrainPod {
  return podOn('worker-2', `nginx-${index}`, { ready: false, trouble });
}

/** The same answer for every pod; `null`: yes. */
function answers(code: KubernetesErrorCode | null, over: object = {}): readonly DryRunAnswer[] {
  return pods.map((pod) => {
    if (code === null) return { pod, answer: { ok: true, value: null } };
    return { pod, answer: { ok: false, error: { code, message: 'No, not that.', ...over } } };
  });
}

describe('nothing speaks against it', () => {
  test('and what stays is said', () => {
    const staying = [
      podOn('worker-1', 'proxy-1', { owner: proxy.owner }),
      podOn('worker-1', 'etcd-1', { mirror: true }),
    ];
    const view = { ...calm, pods: [...calm.pods, ...staying], workloads: [...calm.workloads, proxy.workload] };
    expect(lines(view)).toEqual([
      'pass pods | Every pod may go | 2 pods of 1 owner; 1 of DaemonSets and 1 static pod stay',
      'pass budgets | No budget stands in the way | 1 budget in the cluster',
    ]);
  });

  test('an empty node', () => {
    expect(lines(viewOf({ nodes }))).toEqual([
      'pass pods | Every pod may go | 0 pods of 0 owners',
      'pass budgets | No budget stands in the way | 0 budgets in the cluster',
    ]);
  });
});

describe('pods that may not go', () => {
  const view = {
    ...calm,
    pods: [
      ...Array.from({ length: 7 }, (_, index) => podOn('worker-1', `cache-${index}`, { emptyDirs: ['data'] })),
      podOn('worker-1', 'shell-1', { owner: null }),
      podOn('worker-1', 'lost-1', { owner: { ...proxy.owner, name: 'lost' } }),
    ],
  };

  test('are named, with the flag that lets them', () => {
    expect(only('pods', lines(view))).toBe(
      'block pods | Pods may not go without a consent | ' +
        '7 pods with emptyDir data that would be lost (web/cache-0, web/cache-1, web/cache-2, web/cache-3, web/cache-4 and 2 more): --delete-emptydir-data; ' +
        '1 pod that nobody makes anew (web/shell-1): --unmanaged; ' +
        '1 pod whose DaemonSet is gone (web/lost-1): --unmanaged',
    );
  });

  test('with the consents it is said what is lost', () => {
    const consents = { ...NONE, deleteEmptyDir: true, unmanaged: true };
    expect(only('pods', lines(view, { consents }))).toBe('pass pods | Every pod may go | 9 pods of 3 owners');
    expect(only('losses', lines(view, { consents }))).toBe(
      'warn losses | Something is lost for good | emptyDir data of 7 pods is lost (ReplicaSet web/cache-rs); ' +
        '2 pods nobody makes anew: web/shell-1, web/lost-1',
    );
  });

  test('controllers ask nobody, which is said and stops nothing', () => {
    const all = lines(view, { purpose: 'others-drain' });
    expect(only('pods', all)).toMatch(/^pass/);
    expect(only('losses', all)).toContain('whoever replaces the machines does not ask');
  });
});

describe('budgets', () => {
  function budgets(...list: NonNullable<DrainView['budgets']>): DrainView {
    return { ...calm, budgets: list };
  }

  test.each<[string, DrainView, string]>([
    [
      'none can be told',
      { ...calm, budgets: null },
      'block budgets | Budgets could not be listed | it cannot be told what they let go',
    ],
    [
      'never',
      budgets(budgetOf('nginx', 0, { minAvailable: 10, desiredHealthy: 10, currentHealthy: 10 })),
      'block budgets | A budget never lets its pods go | budget web/nginx never allows an eviction (minAvailable 10): it needs as many pods as there are to be; it covers nginx-1 on worker-1, nginx-2 on worker-1',
    ],
    [
      'not now',
      budgets(budgetOf('nginx', 0)),
      'block budgets | A budget lets nothing go now | budget web/nginx allows 0 now (8 of 8 needed healthy); it covers nginx-1 on worker-1, nginx-2 on worker-1',
    ],
    [
      'not counted yet',
      budgets(budgetOf('nginx', 0, { generation: 2 })),
      'warn budgets | A budget is being counted anew | budget web/nginx was changed and is not counted yet',
    ],
    [
      'over other pods only',
      budgets(budgetOf('api', 0)),
      'pass budgets | No budget stands in the way | 1 budget in the cluster',
    ],
  ])('%s', (_, view, expected) => {
    expect(only('budgets', lines(view))).toBe(expected);
  });

  test('pods that are not healthy are named, two at most', () => {
    const view = {
      ...budgets(budgetOf('nginx', 0, { currentHealthy: 7 })),
      pods: [...pods, sick(7, 'CrashLoopBackOff, 12 restarts'), sick(8, ''), sick(9, '')],
    };
    expect(only('budgets', lines(view))).toContain(
      '(7 of 8 needed healthy; not ready: nginx-7 CrashLoopBackOff, 12 restarts, nginx-8 and 1 more)',
    );
  });

  test('a budget does not matter where none of its pods on the nodes needs it', () => {
    const view = { ...budgets(budgetOf('nginx', 0)), pods: [podOn('worker-1', 'nginx-1', { phase: 'Pending' })] };
    expect(only('budgets', lines(view))).toMatch(/^pass/);
  });

  test('two on one pod', () => {
    const view = budgets(budgetOf('nginx', 2), budgetOf('nginx', 2, { name: 'all', uid: 'all' }));
    expect(only('two-budgets', lines(view))).toBe(
      'block two-budgets | Pods are under more than one budget | ' +
        'pod web/nginx-1 is under 2 budgets (web/all, web/nginx), which is never evicted; pod web/nginx-2 is under 2 budgets (web/all, web/nginx), which is never evicted',
    );
  });

  test('fewer than the batch has, and one that protects nothing', () => {
    const idle = budgetOf('idle', 0, { selector: { matchLabels: {}, matchExpressions: [] } });
    const all = lines(budgets(budgetOf('nginx', 1), idle));
    expect(only('budget-turns', all)).toBe('warn budget-turns | Pods go in turns | web/nginx lets 1 of 2 go at once');
    expect(only('idle-budgets', all)).toBe(
      'warn idle-budgets | A budget protects nothing | web/idle: an empty selector covers no pod here',
    );
  });

  test('passed over: named, and in the way of nobody', () => {
    const consents = { ...NONE, ignoreBudgets: true };
    const all = lines(budgets(budgetOf('nginx', 0)), { consents });
    expect(only('budgets', all)).toMatch(/^warn budgets \| Budgets are passed over \| budget web\/nginx allows 0 now/);
    expect(all.some((line) => line.startsWith('block'))).toBe(false);
  });
});

describe('the dry run', () => {
  test.each<[string, readonly DryRunAnswer[], string]>([
    ['every pod may go', answers(null), 'pass dry-run | The server would let every pod go | dry run of 2 evictions'],
    ['nobody was to be asked', [], 'pass dry-run | The server would let every pod go | dry run of 0 evictions'],
    [
      'they are gone meanwhile',
      answers('not-found'),
      'pass dry-run | The server would let every pod go | dry run of 2 evictions',
    ],
    [
      'a budget',
      answers('budget', {
        causes: [
          {
            reason: 'DisruptionBudget',
            message: 'The disruption budget nginx needs 8 healthy pods and has 8 currently',
            field: '',
          },
        ],
      }),
      'block dry-run | The server would refuse evictions | 2 of 2 evictions: web/nginx-1, web/nginx-2: The disruption budget nginx needs 8 healthy pods and has 8 currently',
    ],
    [
      'a budget that is being counted',
      answers('budget', { retryAfterMs: 10_000 }),
      'warn dry-run | The server would refuse evictions now | 2 of 2 evictions: web/nginx-1, web/nginx-2: No, not that',
    ],
    [
      'a webhook',
      answers('refused'),
      'block dry-run | The server would refuse evictions | 2 of 2 evictions: web/nginx-1, web/nginx-2: No, not that',
    ],
    [
      'no right',
      answers('forbidden'),
      'block dry-run | The server would refuse evictions | 2 of 2 evictions: web/nginx-1, web/nginx-2: No, not that',
    ],
    [
      'no answer',
      [...answers(null), ...answers('unknown-outcome').slice(1)],
      'block dry-run | The server did not answer the dry run | 1 of 3 evictions without an answer: web/nginx-2: No, not that',
    ],
  ])('%s', (_, dryRun, expected) => {
    expect(only('dry-run', lines(calm, { dryRun }))).toBe(expected);
  });

  test('budgets that are passed over are in the way of nobody, a webhook is', () => {
    const consents = { ...NONE, ignoreBudgets: true };
    expect(only('dry-run', lines(calm, { dryRun: answers('blocked-for-good'), consents }))).toMatch(/^warn/);
    expect(only('dry-run', lines(calm, { dryRun: answers('refused'), consents }))).toMatch(/^block/);
  });

  test('asks for those that would be evicted, and no others', () => {
    const others = [
      podOn('worker-1', 'a-1', { deletedAt: SAMPLE_AT }),
      podOn('worker-1', 'b-1', { phase: 'Failed' }),
      podOn('worker-1', 'c-1', { owner: null }),
      podOn('worker-2', 'd-1'),
    ];
    expect(toAsk({ ...calm, pods: [...pods, ...others] }, ['worker-1'], NONE, SAMPLE_MS)).toEqual(pods);
  });
});

describe('what an approver should know', () => {
  test('of pods that stand alone, of jobs, of probes, of files, of pods that come back', () => {
    const job = { apiVersion: 'batch/v1', kind: 'Job', name: 'sync', uid: 'sync' };
    const set = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db', uid: 'db' };
    const view = {
      ...calm,
      pods: [
        podOn('worker-1', 'single-1'),
        podOn('worker-1', 'sync-1', { owner: job }),
        podOn('worker-1', 'db-1', { owner: set, graceSeconds: 0 }),
        podOn('worker-1', 'nginx-1', { unprobed: true, hostPaths: ['/var/log'] }),
        podOn('worker-1', 'nginx-2', { placement: Placement.parse({ tolerations: [{ operator: 'Exists' }] }) }),
      ],
      workloads: [...deployment('nginx'), ...deployment('single', 1)],
    };
    expect(lines(view).filter((line) => line.startsWith('warn'))).toEqual([
      'warn alone | Away while it moves: only one replica | Deployment web/single',
      'warn jobs | Jobs begin anew | Job web/sync',
      'warn readiness | Budgets tell less than they seem to | no readiness probe, so a new pod counts as healthy at once: Deployment web/nginx; no time to end: StatefulSet web/db',
      'warn host-paths | Files of the node stay behind | Deployment web/nginx',
      'warn tolerations | Pods tolerate the cordon and may come back | Deployment web/nginx',
    ]);
  });

  test('of an app without a budget whose pods are all on these nodes', () => {
    const view = { ...calm, budgets: [], pods, workloads: deployment('nginx', 2) };
    expect(only('unguarded', lines(view))).toBe(
      'warn unguarded | All pods may be away at once: no budget | Deployment web/nginx (2 pods)',
    );
    expect(only('unguarded', lines({ ...view, workloads: deployment('nginx', 3) }))).toBe('absent');
  });

  test('of pods that no other node may take: it stops, but not where others drain; of nodes that come back each is judged alone', () => {
    const over = { placement: { nodeSelector: { pool: 'a' } } };
    const view = { ...calm, pods: [podOn('worker-1', 'nginx-1', over), podOn('worker-1', 'nginx-2', over)] };
    const words = 'No other node that is ready may take these pods | Deployment web/nginx (2 pods)';
    expect(only('places', lines(view))).toBe(`block places | ${words}`);
    expect(only('places', lines(view, { purpose: 'others-drain' }))).toBe(`warn places | ${words}`);
    const ready = {
      ...view,
      nodes: [nodeOf('worker-1'), nodeOf('worker-2', { cordoned: false, labels: { pool: 'a' } })],
    };
    expect(only('places', lines(ready))).toBe('absent');
    const both = ['worker-1', 'worker-2'];
    expect(only('places', lines(ready, {}, both))).toMatch(/^block/);
    expect(only('places', lines(ready, { comeBack: true }, both))).toBe('absent');
    expect(only('places', lines(ready, { purpose: 'others-drain' }, both))).toBe('absent');
    expect(only('places', lines(view, { comeBack: true }))).toBe(`block places | ${words}`);
  });
});
