import { describe, expect, it } from 'vitest';
import { createAskingLimit } from '../../../src/app/asking-limit.ts';
import type { Actor } from '../../../src/core/actor.ts';
import type { AskResult, RequestDesk } from '../../../src/core/desk.ts';
import { createDesk } from '../../../src/engine/desk.ts';
import { createFakeCallBudget } from '../../fakes/call-budget.ts';
import { operator, stranger, testPolicy } from '../../support/engine-harness.ts';
import { createScene, type Scene } from '../../support/engine-scene.ts';

const second: Actor = { ...operator, user: 'U0OP2' };
let keys = 0;

interface Limited {
  readonly scene: Scene;
  /** Two bots of one installation. */
  readonly bots: readonly RequestDesk[];
  readonly ask: (actor?: Actor, bot?: number) => Promise<AskResult>;
  /** The last request, delivered once more. */
  readonly again: (actor?: Actor, bot?: number) => Promise<AskResult>;
}

/** Bots at which each person may ask for so many runs a minute. */
function limited(perMinute: number): Limited {
  const scene = createScene();
  const { harness } = scene;
  harness.policy = { ...testPolicy(), roles: [{ name: 'operator', users: [operator.user, second.user] }] };
  const calls = createFakeCallBudget(harness.clock);
  const bots = ['bot-1', 'bot-2'].map((name) =>
    createDesk({ ...harness.deps(name), mayAsk: createAskingLimit(calls, perMinute) }),
  );
  async function deliver(actor: Actor, bot: number): Promise<AskResult> {
    const params = { valves: ['a'] };
    const order = { runbook: 'valve-turn', cluster: 'prod', params, dryRun: true, waitForLock: false };
    const origin = { channel: 'C0', threadTs: null };
    const said = { command: 'valve', policyVerb: 'valve', origin, text: '/kube valve prod' };
    const asked = await bots[bot]?.request({ ...said, actor, order, idempotencyKey: `limit-${keys}` });
    if (asked === undefined) throw new Error('there is no such bot');
    return asked;
  }
  return {
    scene,
    bots,
    ask: async (actor = operator, bot = 0) => {
      keys += 1;
      return await deliver(actor, bot);
    },
    again: async (actor = operator, bot = 0) => await deliver(actor, bot),
  };
}

describe('how many runs one person may ask for', () => {
  it('does not count a request that is delivered again, nor refuses it', async () => {
    const { ask, again } = limited(1);
    const first = await ask();
    expect(await again(operator, 1)).toEqual({ ...first, kind: 'duplicate' });
    expect(await ask()).toMatchObject({ kind: 'refused', reason: 'too-many-requests' });
  });

  it('refuses what is more, in words and in the audit log, and only that person', async () => {
    const { scene, ask } = limited(3);
    for (let each = 0; each < 3; each += 1) expect(await ask(operator, each % 2)).toMatchObject({ kind: 'queued' });

    expect(await ask(operator, 1)).toEqual({
      kind: 'refused',
      reason: 'too-many-requests',
      why: 'You may ask again in 20 s.',
    });
    expect(await ask(second)).toMatchObject({ kind: 'queued' });
    expect(await scene.store.unfinished()).toHaveLength(4);
    const refusals = (await scene.store.auditEntries(0, 100)).filter(({ entry }) => entry.action === 'refusal');
    expect(refusals).toMatchObject([{ entry: { actor: operator, reason: 'too-many-requests', cluster: 'prod' } }]);
  });

  it('lets as many through again in each minute', async () => {
    const { scene, ask } = limited(3);
    for (let each = 0; each < 3; each += 1) await ask();
    await scene.harness.clock.advance(19_000);
    expect(await ask()).toMatchObject({ reason: 'too-many-requests' });
    await scene.harness.clock.advance(1000);

    expect(await ask()).toMatchObject({ kind: 'queued' });
    expect(await ask()).toMatchObject({ reason: 'too-many-requests' });
  });

  it('does not count what is refused anyway', async () => {
    const { ask } = limited(2);
    for (let each = 0; each < 5; each += 1) expect(await ask(stranger)).toMatchObject({ reason: 'not-permitted' });
  });

  it('says nothing of words to runs', async () => {
    const { scene, bots, ask } = limited(1);
    const asked = await ask();
    if (asked.kind !== 'queued') throw new Error('it was refused');
    await ask();

    const word = await bots[0]?.cancel({ runId: asked.runId, actor: operator, idempotencyKey: 'c1' });
    expect(word).toMatchObject({ ok: true });
    expect((await scene.harness.state(asked.runId)).cancel).not.toBeNull();
  });
});
