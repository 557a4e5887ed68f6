import { expect, test } from 'vitest';
import { MOST_FILE_BYTES } from '../../../src/core/plan-file.ts';
import type { StepAnswer } from '../../../src/core/step.ts';
import { createScriptedScene, DONE, driveScript } from '../../support/scripted-runbook.ts';

const FILE = { name: 'md-0.yaml', title: 'The patch', text: 'spec: {}\n' };

test('files of a plan are kept with it and not hashed; one that is too long is said to be left out', async () => {
  const long = { ...FILE, name: 'long.yaml', text: 'x'.repeat(MOST_FILE_BYTES + 1) };
  const with2 = await driveScript(createScriptedScene({ files: [FILE, long] }));
  const without = await driveScript(createScriptedScene());

  expect(with2.plan?.files).toEqual([FILE]);
  expect(with2.plan?.notes.join()).toContain('long.yaml');
  expect(without.plan).not.toHaveProperty('files');
  expect(with2.planHash).toBe(without.planHash);
});

test('a plan that is blocked hands over its files too', async () => {
  const checks = [{ id: 'gitops', verdict: 'block', title: 'Git keeps it', evidence: 'Argo CD' } as const];
  const scene = createScriptedScene({ files: [FILE], checks });
  const ended = await scene.harness.drive(await scene.harness.start(['cluster/prod/valves']));

  expect(ended.ended?.outcome).toBe('blocked');
  expect(ended.plan?.files).toEqual([FILE]);
});

test('two files of one name end planning', async () => {
  const ended = await driveScript(createScriptedScene({ files: [FILE, FILE] }));

  expect(ended.ended?.reason).toBe('plan-failed');
});

test('what is under way stands with the last word, and goes with it', async () => {
  const seen: unknown[] = [];
  const turns: StepAnswer<number, null>[] = [
    { kind: 'again', afterMs: 5000, state: 1, note: 'rolling', tree: ['md-0', '└─ a'] },
    { kind: 'again', afterMs: 5000, state: 2, note: 'nothing to show' },
  ];
  const scene = createScriptedScene({
    run: async (context, state) => {
      const now = async (): Promise<void> => {
        const record = await scene.store.read(context.runId);
        seen.push(record?.scratch);
      };
      await now();
      if (state === 2) {
        await context.progress('looking', ['md-0', '├─ a', '└─ b']);
        await now();
        await context.progress('looking', ['md-0', '└─ b']);
        await now();
        await context.progress('looked');
        await now();
      }
      return turns[typeof state === 'number' ? state : 0] ?? DONE;
    },
  });
  await driveScript(scene);

  expect(seen.slice(1).map(shownOf)).toEqual([
    ['rolling', ['md-0', '└─ a']],
    ['nothing to show', undefined],
    ['looking', ['md-0', '├─ a', '└─ b']],
    ['looking', ['md-0', '└─ b']],
    ['looked', undefined],
  ]);
});

function shownOf(scratch: unknown): unknown {
  const { note, tree }: { note?: unknown; tree?: unknown } = { ...(typeof scratch === 'object' ? scratch : {}) };
  return [note, tree];
}
