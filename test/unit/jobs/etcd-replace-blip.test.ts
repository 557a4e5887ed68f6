import { describe, expect, test } from 'vitest';
import { type ReplaceScene, replaceScene } from '../../support/replace-scene.ts';
import type { HarnessEnd } from '../../support/step-harness.ts';

const MINUTE_MS = 60_000;

/** Index of each step of a replacement on the same host. */
const AT = { aside: 5, add: 6, start: 7, promote: 8, alarms: 9 } as const;

/** A replacement in whose middle something is away for so long. */
async function away(
  at: keyof typeof AT,
  minutes: number,
  gone: (scene: ReplaceScene, isGone: boolean) => void,
): Promise<{ readonly scene: ReplaceScene; readonly end: HarnessEnd }> {
  const scene = replaceScene();
  scene.breakData('m-2');
  const draft = await scene.plan();
  const { clock } = scene.harness;
  const end = await scene.run(draft, {
    before: (index) => {
      if (index !== AT[at]) return;
      gone(scene, true);
      void clock.sleep(minutes * MINUTE_MS, new AbortController().signal).then(() => gone(scene, false));
    },
  });
  return { scene, end };
}

const otherVoter = ({ harness }: ReplaceScene, isGone: boolean): void => {
  if (isGone) harness.etcd.kill('m-3');
  else harness.etcd.heal('m-3');
};

describe('behind the removal a blip is waited out', () => {
  test.each(['aside', 'add', 'start', 'promote'] as const)('at %s: the other voter is away for 8 min', async (at) => {
    const { scene, end } = await away(at, 8, otherVoter);

    expect(end).toMatchObject({ kind: 'done' });
    expect(scene.members().toSorted()).toEqual(['m-1 voter', 'm-2 voter', 'm-3 voter']);
    expect(scene.acts().filter((act) => act.startsWith('add-learner'))).toEqual(['add-learner done']);
  });

  test('the promotion is under way when the other voter goes: the learner is not dropped', async () => {
    const { scene, end } = await away('promote', 6, (each, isGone) => {
      if (isGone)
        each.harness.etcd.failOnce({
          method: 'promote',
          member: 'm-1',
          error: { code: 'unknown-outcome', message: 'the connection broke' },
        });
      else otherVoter(each, false);
      if (isGone) otherVoter(each, true);
    });

    expect(end).toMatchObject({ kind: 'done' });
    expect(scene.acts().slice(-2)).toEqual(['promote not-done', 'promote done']);
  });

  test.each(['aside', 'start'] as const)('at %s: the machine cannot be reached for 5 min', async (at) => {
    const { scene, end } = await away(at, 0, (each, isGone) => {
      if (isGone) each.hosts.fail({ code: 'unreachable', times: 60 });
    });

    expect(end).toMatchObject({ kind: 'done' });
    expect(scene.members().toSorted()).toEqual(['m-1 voter', 'm-2 voter', 'm-3 voter']);
  });

  test('two of three are away when alarms are looked for', async () => {
    const { end } = await away('alarms', 8, (each, isGone) => {
      otherVoter(each, isGone);
      if (isGone) each.harness.etcd.kill('m-2');
      else each.harness.etcd.heal('m-2');
    });

    expect(end).toMatchObject({ kind: 'done' });
  });

  test('after 10 min it ends, in the words of who is away', async () => {
    const { scene, end } = await away('promote', 60, otherVoter);

    expect(end).toMatchObject({
      kind: 'stop',
      reason: 'ring-thin',
      note: expect.stringMatching(/m-3 does not answer/),
    });
    expect(scene.acts().at(-1)).toBe('start done');
  });
});

test('its settings are others again when its process runs: it is not taken for the new member', async () => {
  const { scene, end } = await away('start', 0, (each, isGone) => {
    if (!isGone) return;
    const machine = each.machine('m-2');
    const old = machine.read('/etc/default/etcd') ?? '';
    machine.onStart = () => machine.write('/etc/default/etcd', old);
  });

  expect(end).toMatchObject({ kind: 'stop', reason: 'member-not-joined' });
  expect(end.note).toContain('somebody changed /etc/default/etcd after it was written');
  expect(scene.acts().at(-1)).toBe('start not-done');
});
