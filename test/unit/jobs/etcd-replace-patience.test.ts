import { describe, expect, test } from 'vitest';
import { etcdReplace } from '../../../jobs/etcd-replace/runbook.ts';
import { kubeadmScene } from '../../support/kubeadm-scene.ts';
import { ocpScene } from '../../support/ocp-replace/scene.ts';
import { swapOfRing } from '../../support/replace-matrix/rings.ts';
import { type ReplaceScene, replaceScene } from '../../support/replace-scene.ts';

const MINUTE_MS = 60_000;
const SWAP_STEPS = ['etcd.add-learner@1', 'etcd.promote@1'] as const;

/** A planned swap in which a voter goes away right before a step, for so long. */
async function swapped(kind: string, minutes: number) {
  const { harness, params, person } = swapOfRing();
  const { steps } = await harness.plan(etcdReplace, params);
  const end = await harness.run(etcdReplace, steps, {
    before: (index) => {
      const now = steps[index]?.kind;
      if (now === 'etcd.promote@1') person();
      if (now !== kind) return;
      harness.etcd.kill('m-3');
      const { signal } = new AbortController();
      void harness.clock.sleep(minutes * MINUTE_MS, signal).then(() => harness.etcd.heal('m-3'));
    },
  });
  return { harness, end, kinds: steps.map((each) => each.kind) };
}

describe('a planned swap waits for a voter that is not well', () => {
  test.each(SWAP_STEPS)('at %s for 8 min: then it goes on, with the learner that a person built', async (kind) => {
    const { harness, end } = await swapped(kind, 8);

    expect(end).toMatchObject({ kind: 'done' });
    expect(harness.etcd.ring.members.map(({ name }) => name)).toEqual(['m-1', 'm-3', 'm-4']);
    expect(harness.acts.filter(({ action }) => action === 'add-learner')).toHaveLength(1);
    expect(harness.words).toContainEqual(expect.stringMatching(/^Waiting: m-3 does not answer.*bring m-3 back first/));
  });

  test.each(SWAP_STEPS)('at %s for longer than 10 min: nothing further is begun', async (kind) => {
    const { harness, end, kinds } = await swapped(kind, 60);

    expect(end).toMatchObject({ kind: 'stop', reason: 'second-member-sick', step: kinds.indexOf(kind) });
    expect(end.note).toMatch(/^m-3 does not answer.*Nothing was removed; bring m-3 back first\.$/);
    expect(harness.etcd.calls.filter(({ method }) => method === 'promote' || method === 'removeMember')).toEqual([]);
  });
});

test('the time in which a voter is waited for is not that of the learner', async () => {
  const { harness, params, person } = swapOfRing();
  const { steps } = await harness.plan(etcdReplace, params);
  const { clock, etcd } = harness;
  const at = (minutes: number, happens: () => void) =>
    void clock.sleep(minutes * MINUTE_MS, new AbortController().signal).then(happens);
  const end = await harness.run(etcdReplace, steps, {
    before: (index) => {
      if (steps[index]?.kind !== 'etcd.promote@1') return;
      person();
      etcd.ring.raftIndex = 100_000n;
      etcd.member('m-4').lag = 50_000n;
      at(1, () => etcd.kill('m-3'));
      at(10, () => etcd.heal('m-3'));
      at(12, () => void (etcd.member('m-4').lag = 0n));
    },
  });

  expect(end).toMatchObject({ kind: 'done' });
});

/** A replacement on the same host in which programs go unanswered from a step on. */
async function unanswered(at: number, words: RegExp, times: number) {
  const scene = replaceScene();
  scene.breakData('m-2');
  const draft = await scene.plan();
  const end = await scene.run(draft, {
    before: (index) => {
      if (index === at) scene.hosts.fail({ code: 'unreachable', words, times });
    },
  });
  return { scene, end };
}

const done = ({ scene, end }: { readonly scene: ReplaceScene; readonly end: { readonly kind: string } }) => ({
  kind: end.kind,
  members: scene.members().toSorted(),
  added: scene.acts().filter((act) => act.startsWith('add-learner')).length,
});
const WELL = { kind: 'done', members: ['m-1 voter', 'm-2 voter', 'm-3 voter'], added: 1 };

describe('behind the removal: whether the old process has ended cannot be read', () => {
  const ASIDE = 5;

  test.each([{ words: /systemctl show/ }, { words: /^flock/ }])('bare ring, $words', async ({ words }) => {
    expect(done(await unanswered(ASIDE, words, 60))).toEqual(WELL);
  });

  test('bare ring, for longer than 10 min: its data are in their place', async () => {
    const { scene, end } = await unanswered(ASIDE, /systemctl show/, 1000);

    expect(end).toMatchObject({ kind: 'stop', reason: 'member-not-joined', step: ASIDE });
    expect(end.note).toContain('systemctl show');
    expect(scene.acts().at(-1)).toBe('remove-member done');
    expect(scene.machine('m-2').has('/var/lib/etcd/member/wal/broken')).toBe(true);
  });

  test.each([
    { what: 'the runtime does not answer', method: 'exec', detail: 'crictl' },
    { what: 'the pods are not listed', method: 'list', detail: 'pods in kube-system' },
  ] as const)('kubeadm: $what', async ({ method, detail }) => {
    const scene = kubeadmScene();
    const draft = await scene.plan('cp-2');
    const missed: string[] = [];
    const when = (call: { readonly detail: string }): boolean => {
      const is = call.detail.includes(detail);
      if (is) missed.push(call.detail);
      return is;
    };
    const error = { code: 'unreachable', message: 'connection refused' } as const;
    const end = await scene.run(draft, {
      before: (index) => {
        if (draft.steps[index]?.kind === 'hosts.set-aside@1') scene.fake.fail({ method, when, times: 20, error });
      },
    });

    expect(missed).toHaveLength(20);
    expect(end).toMatchObject({ kind: 'done' });
    expect(scene.members().toSorted()).toEqual(['cp-1 voter', 'cp-2 voter', 'cp-3 voter']);
  });

  test.each([
    { minutes: 8, kind: 'done' },
    {
      minutes: 60,
      kind: 'stop',
      reason: 'member-not-joined',
      note: /crictl on cp-2 ended with 1.*data are in their place/,
    },
  ])('OpenShift: the runtime does not answer for $minutes min', async ({ minutes, note, ...ends }) => {
    const scene = await ocpScene({ case: 'ocp-pod' });
    const { files } = scene.world;
    const began = { ms: 0 };
    const end = await scene.run((kind) => {
      if (kind !== 'ocp.set-aside@1') return;
      files.fails = 'crictl';
      began.ms = scene.harness.clock.nowMs();
      const { signal } = new AbortController();
      void scene.harness.clock.sleep(minutes * MINUTE_MS, signal).then(() => void (files.fails = null));
    });

    expect(end).toMatchObject(ends);
    if (note === undefined) return;
    expect(end.note).toMatch(note);
    expect(scene.harness.clock.nowMs() - began.ms).toBeGreaterThan(10 * MINUTE_MS);
  });
});

describe('behind the removal: what came of a call cannot be read', () => {
  const START = 7;
  /** Its look gets no answer after the call, and the file of settings is read by both. */
  const SILENT = { start: /systemctl (?:show|start)/, 'write-config': /^(?:cat|tee|mv)/ } as const;

  /** Everything goes unanswered from the moment on at which a call is announced. */
  async function blindAt(action: keyof typeof SILENT, times: number) {
    const scene = replaceScene();
    scene.breakData('m-2');
    const draft = await scene.plan();
    const machine = scene.machine('m-2');
    const run = scene.hosts.port.run.bind(scene.hosts.port);
    let isBlind = false;
    Object.assign(scene.hosts.port, {
      run: async (...args: Parameters<typeof run>) => {
        const answer = await run(...args);
        const isCall = scene.harness.acts.some((act) => act.action === action && act.observed === null);
        if (isCall && !isBlind) {
          isBlind = true;
          scene.hosts.fail({ code: 'unreachable', words: SILENT[action], times });
        }
        return answer;
      },
    });
    const end = await scene.run(draft);
    return { scene, end, machine, isBlind };
  }

  test.each(['start', 'write-config'] as const)('%s: looked for until it can be read', async (action) => {
    const seen = await blindAt(action, 60);

    expect(seen.isBlind).toBe(true);
    expect(done(seen)).toEqual(WELL);
  });

  test('start, for longer than 10 min: nobody can tell, and the call is not left open', async () => {
    const { scene, end } = await blindAt('start', 10_000);

    expect(end).toMatchObject({ kind: 'stop', reason: 'outcome-unknown', step: START });
    expect(scene.acts().at(-1)).toBe('start unknown');
  });
});
