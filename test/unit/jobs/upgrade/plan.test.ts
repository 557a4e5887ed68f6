import { describe, expect, test } from 'vitest';
import { chooseGroups } from '../../../../jobs/upgrade/choose-groups.ts';
import type { UpgradeParams } from '../../../../jobs/upgrade/params.ts';
import { planUpgrade } from '../../../../jobs/upgrade/plan-upgrade.ts';
import { draftProblem } from '../../../../src/core/draft-gates.ts';
import type { NodeGroup } from '../../../../src/core/node-groups/group.ts';
import type { PlanDraft } from '../../../../src/core/runbook.ts';
import { createToy, type Toy } from '../../../support/toy-groups.ts';
import { upgradeParams } from '../../../support/upgrade-params.ts';
import { NO_LOOKS, upgradeScene } from '../../../support/upgrade-scene.ts';

function group(...names: readonly string[]): Pick<UpgradeParams, 'what'> {
  return { what: { kind: 'nodegroup', names: [...names] } };
}

function toyOf(): Toy {
  return createToy(
    ['controlplane', 'v1.30.6', 3],
    ['md-0', 'v1.30.6', 3],
    ['md-1', 'v1.30.6', 2],
    ['gpu', 'v1.30.6', 1],
  );
}

async function planned(toy: Toy, over: Partial<UpgradeParams> = {}): Promise<PlanDraft> {
  return await planUpgrade(upgradeScene().context, upgradeParams(over), toy.provider, NO_LOOKS);
}

function blocksOf({ checks }: PlanDraft): readonly string[] {
  return checks.filter(({ verdict }) => verdict === 'block').map(({ id, evidence }) => `${id}: ${evidence}`);
}

async function refusal(toy: Toy, over: Partial<UpgradeParams>): Promise<string> {
  const draft = await planned(toy, over);
  expect(draft.steps).toEqual([]);
  return blocksOf(draft).join('\n');
}

describe('what is refused, with no line and nothing changed', () => {
  test('a group that does not exist; the nearest is offered', async () => {
    const why = await refusal(toyOf(), group('md-2'));

    expect(why).toContain(
      'there is no nodegroup/md-2; did you mean nodegroup/md-0; there is also nodegroup/md-1, nodegroup/gpu',
    );
  });

  test('several groups, one of which does not exist', async () => {
    expect(await refusal(toyOf(), group('md-0', 'storage'))).toContain('there is no nodegroup/storage');
  });

  test('a canary that is none of them', async () => {
    expect(await refusal(toyOf(), { canary: 'gpus' })).toContain('--canary gpus');
  });

  test.each([
    ['everything', { what: { kind: 'all' } }, 'the control plane, nodegroup/gpu, nodegroup/md-0 and nodegroup/md-1'],
    ['groups', group('md-0', 'md-1'), 'nodegroup/md-0 and nodegroup/md-1'],
  ] as const)('one image for %s: machines of each group come from one of their own', async (_what, over, names) => {
    const toy = createToy(
      ['controlplane', 'v1.31.3', 3],
      ['md-0', 'v1.30.6', 1],
      ['md-1', 'v1.30.6', 1],
      ['gpu', 'v1.30.6', 1],
    );
    const why = await refusal(toy, { ...over, image: 'mine' });

    expect(why).toContain(
      `image: mine would be the image of ${names}: upgrade them one by one, each with an --image of its own`,
    );
  });

  test('a control plane that nobody knows', async () => {
    expect(await refusal(createToy(['a', 'v1.30.6', 1]), { what: { kind: 'controlplane' } })).toContain(
      'upgrade it by hand',
    );
  });

  test.each([
    ['lower', { what: { kind: 'controlplane' }, to: 'v1.29.9' }, 'v1.29.9 is older'],
    ['lower, of a group', { ...group('md-0'), to: 'v1.30.1' }, 'v1.30.1 is older'],
    ['two minors up', { what: { kind: 'controlplane' }, to: 'v1.32.0' }, '2 minor versions further'],
    ['above the control plane', { ...group('md-0'), to: 'v1.31.4' }, 'upgrade the control plane to v1.31.4 first'],
    ['malformed', { what: { kind: 'controlplane' }, to: 'latest' }, 'latest is no version'],
    ['a minor alone', { what: { kind: 'controlplane' }, to: '1.31' }, 'write the whole version'],
  ] as const)('a target that is %s', async (_what, over, words) => {
    const { what } = over;
    const named = 'names' in what ? { ...what, names: [...what.names] } : what;
    expect(await refusal(toyOf(), { ...over, what: named })).toContain(words);
  });

  test.each(['changing', 'paused', 'sick', 'unknown'] as const)('a group that is %s, with why', async (state) => {
    const toy = toyOf();
    const md = toy.groups.get('md-0');
    if (md !== undefined) Object.assign(md, { state, why: 'Machine md-0-abc is deleted' });

    expect(await refusal(toy, { what: { kind: 'all' } })).toContain('Machine md-0-abc is deleted');
  });

  test('what the provider has against it', async () => {
    const toy = toyOf();
    toy.checks.push({ id: 'even', verdict: 'block', title: 'Even', evidence: 'a ring of 2 members' });

    expect(await refusal(toy, {})).toContain('even: a ring of 2 members');
  });

  test.each([
    ['access-refused', 'access'],
    ['not-applicable', 'applicable'],
    ['management-silent', 'reachable'],
  ] as const)('groups that cannot be read: %s', async (reason, id) => {
    const toy = toyOf();
    toy.unseen = { kind: 'unseen', reason, why: 'no route to mgmt' };

    expect(await refusal(toy, {})).toBe(`${id}: no route to mgmt`);
  });

  test('a cluster of which nobody knows groups', async () => {
    const draft = await planUpgrade(upgradeScene().context, upgradeParams(), null);

    expect(blocksOf(draft)).toHaveLength(1);
    expect(draft.checks[0]?.id).toBe('applicable');
  });
});

describe('an upgrade of everything', () => {
  test('goes control plane, canary, rest; people say go on behind the first two', async () => {
    const draft = await planned(toyOf(), { canary: 'md-1' });

    expect(blocksOf(draft)).toEqual([]);
    expect(draft.steps.map(({ summary }) => summary).filter((words) => words.startsWith('Set'))).toEqual([
      'Set controlplane from v1.30.6 to v1.31.4',
      'Set md-1 from v1.30.6 to v1.31.4',
      'Set gpu from v1.30.6 to v1.31.4',
      'Set md-0 from v1.30.6 to v1.31.4',
    ]);
    expect(draft.gates.map(({ id, kind, beforeStep }) => [id, kind, beforeStep])).toEqual([
      ['go-on-controlplane', 'choice', 3],
      ['go-on-nodegroup-md-1', 'choice', 6],
    ]);
    expect(draft.gates[0]?.title).toContain('nodegroup/md-1, nodegroup/gpu, nodegroup/md-0');
    expect(draftProblem(draft, [])).toBeNull();
  });

  test('holds the locks of each group by its uid, and those of the provider', async () => {
    const { locks } = await planned(toyOf());

    expect(locks).toEqual(expect.arrayContaining(['node-group/uid-controlplane', 'node-group/uid-md-0', 'toy/md-0']));
  });

  test('leaves out what is there already, on every node', async () => {
    const toy = createToy(['controlplane', 'v1.31.4', 3], ['md-0', 'v1.31.4', 3], ['md-1', 'v1.30.6', 2]);
    const draft = await planned(toy);

    expect(draft.steps).toHaveLength(3);
    expect(draft.gates).toEqual([]);
    expect(draft.notes).toEqual(
      expect.arrayContaining(['The control plane is at v1.31.4 already.', 'nodegroup/md-0 is at v1.31.4 already.']),
    );
  });

  test('is nothing to do when all are there', async () => {
    const draft = await planned(createToy(['controlplane', 'v1.31.4', 3], ['md-0', 'v1.31.4', 3]));

    expect(draft.steps).toEqual([]);
    expect(blocksOf(draft)).toEqual([]);
  });

  test('does not believe an owner whose nodes are not there', async () => {
    const toy = createToy(['controlplane', 'v1.31.4', 3], ['md-0', 'v1.31.4', 3]);
    const [node] = toy.groups.get('md-0')?.nodes ?? [];
    if (node !== undefined) node.version = 'v1.30.6';

    expect((await planned(toy)).steps).toHaveLength(3);
  });
});

/** Two groups of one short name, by the names of their objects. */
function twins(...objects: readonly string[]): readonly NodeGroup[] {
  return objects.map((object) => ({
    provider: 'toy',
    kind: 'node-group',
    name: 'md-0',
    object: `MachineDeployment prod/${object}`,
    uid: `uid-${object}`,
    version: 'v1.30.6',
    replicas: 1,
    nodes: [{ name: object, uid: object, version: 'v1.30.6', ready: true, machine: null }],
    strategy: null,
    state: 'steady',
    why: '',
  }));
}

/** The objects that are chosen by names, or why none is. */
function chosenOf(groups: readonly NodeGroup[], ...names: readonly string[]): readonly string[] {
  const { groups: chosen, checks } = chooseGroups(groups, upgradeParams(group(...names)), 'v1.31.4');
  return chosen.length > 0 ? chosen.map(({ object }) => object) : checks.map(({ evidence }) => evidence);
}

describe('an upgrade of groups', () => {
  test('asks between the first and the rest only', async () => {
    const toy = createToy(
      ['controlplane', 'v1.31.4', 3],
      ['a', 'v1.30.6', 1],
      ['b', 'v1.30.6', 1],
      ['c', 'v1.30.6', 1],
    );
    const draft = await planned(toy, group('c', 'a', 'b'));

    expect(draft.steps).toHaveLength(9);
    expect(draft.gates.map(({ beforeStep }) => beforeStep)).toEqual([3]);
  });

  test('relies on identities and versions, whatever was measured', async () => {
    const toy = createToy(['controlplane', 'v1.31.4', 3], ['a', 'v1.30.6', 1]);
    const { facts } = await planned(toy, group('a'));

    expect(facts).toMatchObject({ to: 'v1.31.4', groups: [{ group: 'nodegroup/a', uid: 'uid-a', from: 'v1.30.6' }] });
    expect((await planned(toy, group('a'))).facts).toEqual(facts);
  });

  test('takes the image that is given where one group is left to be upgraded', async () => {
    const toy = createToy(['controlplane', 'v1.31.4', 3], ['a', 'v1.30.6', 1], ['b', 'v1.31.4', 1]);

    expect((await planned(toy, { image: 'mine' })).steps).toHaveLength(3);
    expect((await planned(toy, { ...group('a', 'a'), image: 'mine' })).steps).toHaveLength(3);
  });

  test('named twice, once by its object, is upgraded once', async () => {
    const toy = createToy(['controlplane', 'v1.31.4', 3], ['a', 'v1.30.6', 1]);

    expect((await planned(toy, group('a', 'a'))).steps).toHaveLength(3);
  });

  test.each([[twins('md-0', 'prod-md-0')], [twins('prod-md-0', 'md-0')]])(
    'by the whole name of an object means that object',
    (groups) => {
      expect(chosenOf(groups, 'md-0')).toEqual(['MachineDeployment prod/md-0']);
      expect(chosenOf(groups, 'prod-md-0')).toEqual(['MachineDeployment prod/prod-md-0']);
      expect(chosenOf(groups, 'prod-md-0', 'md-0')).toHaveLength(2);
    },
  );

  test('by a name that several have is refused, and their whole names are told', () => {
    const groups = twins('other-md-0', 'prod-md-0');

    expect(chosenOf(groups, 'md-0')).toEqual([
      'nodegroup/md-0 stands for MachineDeployment prod/other-md-0 and MachineDeployment prod/prod-md-0: write the name of one of them whole',
    ]);
    expect(chosenOf(groups, 'other-md-0')).toEqual(['MachineDeployment prod/other-md-0']);
    const { checks } = chooseGroups(groups, upgradeParams({ canary: 'md-0' }), 'v1.31.4');
    expect(checks).toMatchObject([{ verdict: 'block', evidence: expect.stringContaining('--canary md-0') }]);
  });
});
