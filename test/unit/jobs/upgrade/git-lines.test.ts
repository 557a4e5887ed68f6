import { expect, test } from 'vitest';
import { z } from 'zod';
import type { GroupLine } from '../../../../jobs/node-groups/provider.ts';
import { planUpgrade } from '../../../../jobs/upgrade/plan-upgrade.ts';
import { draftProblem } from '../../../../src/core/draft-gates.ts';
import { defineStep, ONCE } from '../../../../src/core/step.ts';
import { createToy } from '../../../support/toy-groups.ts';
import { upgradeParams } from '../../../support/upgrade-params.ts';
import { NO_LOOKS, upgradeScene } from '../../../support/upgrade-scene.ts';

const gitStep = defineStep({
  kind: 'git.line@1',
  input: z.string(),
  state: z.null(),
  output: z.null(),
  needs: [],
  risk: 'reversible',
  timeoutMs: () => 1000,
  retry: ONCE,
  describe: (words) => words,
  items: () => [],
  initial: () => null,
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async () => await Promise.resolve({ kind: 'done', output: null, note: '' }),
  verify: async (_context, _input, output) => await Promise.resolve({ kind: 'done', output, note: '' }),
});

function lines(all: readonly string[]): readonly GroupLine[] {
  return all.map((each) => ({ step: gitStep.plan(each), forecast: 'Something.', estimateMs: null }));
}

/** The lines of an upgrade of two groups, with these around them. */
async function planned(before: readonly string[], after: readonly string[]): Promise<readonly string[]> {
  const { context } = upgradeScene();
  const leaving = { nodes: [], surge: 0, unavailable: 0 };
  const none = await NO_LOOKS.outlook(context, { leaving, newFirst: true, patches: [], suspend: true });
  const seen = { ...none, linesBefore: lines(before), linesAfter: lines(after) };
  const toy = createToy(['controlplane', 'v1.31.4', 3], ['md-0', 'v1.30.6', 3], ['md-1', 'v1.30.6', 2]);
  const looks = { ...NO_LOOKS, outlook: async () => await Promise.resolve(seen) };
  const params = upgradeParams({ what: { kind: 'nodegroup', names: ['md-0', 'md-1'] }, suspendGitops: true });
  const draft = await planUpgrade(context, params, toy.provider, looks);
  expect(draftProblem(draft, [])).toBeNull();
  return draft.steps.map(({ summary }) => summary);
}

const GROUPS = ['md-0', 'md-1'].flatMap((name) => [
  `Set ${name} from v1.30.6 to v1.31.4`,
  `Watch ${name}`,
  `Look at ${name}`,
]);

test('each group is looked at once more when Git is followed again: what is verified last is what stays', async () => {
  const seen = await planned(['Suspend'], ['Resume']);

  expect(seen).toEqual(['Suspend', ...GROUPS, 'Resume', 'Look at md-0', 'Look at md-1']);
});

test('nobody is suspended: the last line of each group is enough', async () => {
  expect(await planned([], [])).toEqual(GROUPS);
});
