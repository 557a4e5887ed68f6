import { describe, expect, test } from 'vitest';
import { openGate } from '../../../src/core/run-state.ts';
import { createControlScene } from '../../support/control-scene.ts';

const HOUR_MS = 3_600_000;

describe('a freeze', () => {
  test('is set, listed and audited, and names its instant and zone', async () => {
    const scene = createControlScene();
    const told = await scene.as('U0ANA').freeze('prod', '2026-01-03', 'holiday');
    expect(told).toMatchObject({
      ok: true,
      value: { freeze: { until: '2026-01-04T00:00:00.000Z', untilWords: '2026-01-04T00:00 UTC', reason: 'holiday' } },
    });
    expect((await scene.as('U0BEN').freezes()).map((each) => [each.cluster, each.by.user])).toEqual([
      ['prod', 'U0ANA'],
    ]);
    expect(await scene.audited()).toEqual(['freeze']);
  });

  test('names the runs that are under way and rings them', async () => {
    const scene = createControlScene();
    const runId = await scene.harness.start(['cluster/prod/valves']);
    expect(openGate(await scene.harness.drive(runId))).not.toBeNull();
    scene.harness.rings.length = 0;
    const told = await scene.as('U0ANA').freeze('prod', '4h', 'holiday');
    expect(told.ok && told.value.underWay.map((run) => run.id)).toEqual([runId]);
    expect(scene.harness.rings).toEqual([runId]);
  });

  test('the same delivery twice is one freeze and one entry', async () => {
    const scene = createControlScene();
    const first = await scene.as('U0ANA', 'same').freeze('prod', '4h', 'holiday');
    await scene.harness.clock.advance(1000);
    const second = await scene.as('U0ANA', 'same').freeze('prod', '4h', 'holiday');
    expect(second.ok && second.value.freeze).toEqual(first.ok && first.value.freeze);
    expect(await scene.audited()).toEqual(['freeze']);
  });

  test('can be prolonged, and never shortened by another freeze', async () => {
    const scene = createControlScene();
    await scene.as('U0ANA').freeze('prod', '4h', 'holiday');
    expect(await scene.as('U0BEN').freeze('prod', '2h', 'short')).toMatchObject({ reason: 'cluster-frozen' });
    expect(await scene.as('U0BEN').freeze('prod', 'lifted', 'longer')).toMatchObject({ ok: true });
    expect(await scene.as('U0BEN').freeze('prod', '9h', 'short')).toMatchObject({ reason: 'cluster-frozen' });
    expect(await scene.audited()).toEqual(['freeze', 'freeze']);
  });

  test('of two who freeze at once one is told that the other was faster', async () => {
    const scene = createControlScene();
    const answers = await Promise.all([
      scene.as('U0ANA').freeze('prod', '4h', 'one'),
      scene.as('U0BEN').freeze('prod', '4h', 'two'),
    ]);
    expect(answers.map((each) => (each.ok ? 'ok' : each.reason)).toSorted()).toEqual(['changed-meanwhile', 'ok']);
    expect(await scene.audited()).toEqual(['freeze']);
  });

  test('without an end needs the word for it', async () => {
    const scene = createControlScene();
    expect(await scene.as('U0ANA').freeze('prod', '', 'holiday')).toMatchObject({ reason: 'mistake' });
    expect(await scene.as('U0ANA').freeze('prod', 'lifted', 'holiday')).toMatchObject({ ok: true });
  });

  test('thawed it is gone, once', async () => {
    const scene = createControlScene();
    await scene.as('U0ANA').freeze('prod', 'lifted', 'holiday');
    expect(await scene.as('U0BEN').thaw('prod')).toMatchObject({ ok: true, value: { reason: 'holiday' } });
    expect(await scene.as('U0BEN').thaw('prod')).toMatchObject({ ok: false, reason: 'not-frozen' });
    expect(await scene.audited()).toEqual(['freeze', 'thaw']);
  });

  test('whose time is over is told and audited once, whoever looks and how often', async () => {
    const scene = createControlScene();
    await scene.as('U0ANA').freeze('prod', '4h', 'holiday');
    await scene.harness.clock.advance(4 * HOUR_MS - 1);
    await scene.keep();
    expect(scene.told).toEqual([]);
    await scene.harness.clock.advance(1);
    expect(await scene.as('U0BEN').freezes()).toEqual([]);
    await Promise.all([scene.keep(), scene.keep()]);
    await scene.keep();
    expect((await scene.audited()).filter((action) => action === 'freeze-over')).toHaveLength(1);
    expect(scene.told.at(0)).toMatchObject({ channel: 'C0OPS', title: 'prod is not frozen any more' });
  });

  test('is told later when the channel could not be told', async () => {
    const scene = createControlScene();
    await scene.as('U0ANA').freeze('prod', '1h', 'holiday');
    await scene.harness.clock.advance(HOUR_MS);
    scene.keeper = { ...scene.keeper, tell: async () => await Promise.resolve(false) };
    await scene.keep();
    expect(await scene.control.list('notice')).toHaveLength(1);
    const titles: string[] = [];
    scene.keeper = {
      ...scene.keeper,
      tell: async ({ title }) => {
        titles.push(title);
        return await Promise.resolve(true);
      },
    };
    await scene.keep();
    await scene.keep();
    expect(titles).toEqual(['prod is not frozen any more']);
  });

  test('that was set anew in the same moment is not ended', async () => {
    const scene = createControlScene();
    await scene.as('U0ANA').freeze('prod', '1h', 'holiday');
    await scene.harness.clock.advance(HOUR_MS);
    await scene.as('U0BEN').freeze('prod', '5h', 'more');
    await scene.keep();
    expect((await scene.as('U0BEN').freezes()).map((each) => each.reason)).toEqual(['more']);
    expect(await scene.audited()).not.toContain('freeze-over');
  });
});
