import { describe, expect, test } from 'vitest';
import type { UndoParams } from '../../../jobs/undo/params.ts';
import { planUndo } from '../../../jobs/undo/plan-undo.ts';
import { undo } from '../../../jobs/undo/runbook.ts';
import { CORDONED_BY } from '../../../src/core/drain/view.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import type { PlanDraft } from '../../../src/core/runbook.ts';
import { createToy, type Toy } from '../../support/toy-groups.ts';
import { NO_LOOKS, type UpgradeScene, upgradeScene } from '../../support/upgrade-scene.ts';

const RUN = 'drain-prod-7f3k';
const AWAY = { code: 'unreachable', message: 'connection refused' } as const;

function nodeOf(
  scene: UpgradeScene,
  name: string,
  by: string | null,
  unschedulable = true,
): { name: string; uid: string } {
  const annotations: JsonObject = by === null ? {} : { [CORDONED_BY]: by };
  const made = scene.kubernetes.put({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, annotations },
    spec: { unschedulable },
    status: {},
  });
  return { name, uid: made.metadata.uid };
}

async function planned(scene: UpgradeScene, records: UndoParams['records'], toy?: Toy): Promise<PlanDraft> {
  const params = { run: RUN, records, by: 'T0HOME/U0OPERATOR' };
  return await planUndo(scene.context, params, toy === undefined ? [] : [toy.provider], NO_LOOKS.outlook);
}

function group(name: string, from = 'v1.30.6', to = 'v1.31.4'): UndoParams['records'][number] {
  const words = name === 'controlplane' ? name : `nodegroup/${name}`;
  return {
    kind: 'group',
    provider: 'toy',
    group: words,
    what: `${name} from ${from} to ${to}`,
    change: { group: name, from, to },
  };
}

function withoutChange(name: string): JsonObject {
  return { ...group(name), change: {} };
}

function paramsOf(...records: readonly JsonObject[]): JsonObject {
  return { run: RUN, records: [...records], by: 'x' };
}

describe('a drain', () => {
  test('is undone on the nodes that its run cordoned, and on no others', async () => {
    const scene = upgradeScene();
    const ours = nodeOf(scene, 'worker-1', RUN);
    const theirs = nodeOf(scene, 'worker-2', 'drain-prod-zzzz');
    const open = nodeOf(scene, 'worker-3', null, false);
    const draft = await planned(scene, [{ kind: 'drain', nodes: [ours, theirs, open] }]);

    expect(draft.steps.map(({ kind, items }) => [kind, items])).toEqual([['nodes.uncordon@1', ['worker-1']]]);
    expect(draft.steps[0]).toMatchObject({
      summary: `Uncordon worker-1, which ${RUN} cordoned: new pods may be placed there`,
      input: { run: RUN },
    });
    expect(draft.notes).toEqual([
      'worker-2 was cordoned by somebody else since, and stays so.',
      'worker-3 takes pods already.',
    ]);
    expect(draft.identity).toBe('uid-kube-system');
  });

  test('whose nodes are gone, or are others of the same name, is nothing to do', async () => {
    const scene = upgradeScene();
    nodeOf(scene, 'worker-1', RUN);
    const nodes = [
      { name: 'worker-1', uid: 'another' },
      { name: 'worker-9', uid: 'gone' },
    ];
    const draft = await planned(scene, [{ kind: 'drain', nodes }]);

    expect(draft.steps).toEqual([]);
    expect(draft.checks).toEqual([]);
    expect(draft.notes).toEqual(['worker-1 is not there any more; worker-9 is not there any more.']);
  });

  test('whose nodes cannot be read is not undone', async () => {
    const scene = upgradeScene();
    const node = nodeOf(scene, 'worker-1', RUN);
    scene.kubernetes.fail({ method: 'get', when: ({ detail }) => detail.includes('worker-1'), error: AWAY });
    const draft = await planned(scene, [{ kind: 'drain', nodes: [node] }]);

    expect(draft.steps).toEqual([]);
    expect(draft.checks).toMatchObject([{ id: 'undo', verdict: 'block' }]);
  });
});

describe('an upgrade of groups', () => {
  test('is taken back by its provider, the last group first', async () => {
    const scene = upgradeScene();
    const toy = createToy(['a', 'v1.31.4', 2], ['b', 'v1.31.4', 1]);
    const draft = await planned(scene, [group('b'), group('a')], toy);

    expect(draft.steps.map(({ summary }) => summary).filter((words) => words.startsWith('Set'))).toEqual([
      'Set b from v1.31.4 to v1.30.6',
      'Set a from v1.31.4 to v1.30.6',
    ]);
    expect(draft.locks).toEqual(['toy/b', 'toy/a']);
  });

  test('that somebody changed since is not touched', async () => {
    const toy = createToy(['a', 'v1.31.9', 2]);
    const draft = await planned(upgradeScene(), [group('a')], toy);

    expect(draft.steps).toEqual([]);
    expect(draft.checks).toMatchObject([
      { id: 'undo', verdict: 'block', evidence: 'a from v1.30.6 to v1.31.4: a is at v1.31.9 by now' },
    ]);
  });

  test('goes back as far as it can, and says what stays', async () => {
    const toy = createToy(['controlplane', 'v1.31.9', 3], ['a', 'v1.31.4', 2]);
    const draft = await planned(upgradeScene(), [group('a'), group('controlplane')], toy);

    expect(draft.steps).toHaveLength(3);
    expect(draft.checks.filter(({ id }) => id === 'undo')).toMatchObject([
      { verdict: 'warn', title: 'controlplane cannot be taken back' },
    ]);
  });

  test('by a provider that is not there any more is refused', async () => {
    const draft = await planned(upgradeScene(), [group('a')]);

    expect(draft.checks).toMatchObject([{ id: 'undo', verdict: 'block' }]);
  });
});

test('a cluster that cannot be read is told as such', async () => {
  const scene = upgradeScene();
  scene.kubernetes.fail({ method: 'get', error: AWAY });
  const draft = await planned(scene, [group('a')], createToy(['a', 'v1.31.4', 1]));

  expect(draft.checks).toMatchObject([{ id: 'reachable', verdict: 'block' }]);
});

test('locks are those of what is taken back', () => {
  expect(undo.locks('prod', paramsOf(withoutChange('a'), withoutChange('b')))).toEqual([
    'cluster/prod/nodes/a',
    'cluster/prod/nodes/b',
  ]);
  expect(undo.locks('prod', paramsOf(withoutChange('controlplane')))).toEqual(['cluster/prod']);
  expect(undo.locks('prod', paramsOf({ kind: 'drain', nodes: [{ name: 'w', uid: 'u' }] }))).toEqual([
    'cluster/prod/nodes',
  ]);
});
