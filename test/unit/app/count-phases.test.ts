import { expect, test } from 'vitest';
import { countPhases } from '../../../src/app/count-phases.ts';
import { createFakeRunStore } from '../../fakes/run-store.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { eventAt, sampleRequest } from '../../support/sample-run.ts';

test('every unfinished run is counted, however many there are', async () => {
  const runs = createFakeRunStore(createFakeClock());
  const event = eventAt(0, { type: 'requested', request: sampleRequest() });
  for (let index = 0; index < 520; index += 1) {
    const id = `defrag-prod-${index}`;
    await runs.create({ id, cluster: 'prod', runbook: 'etcd-defrag', idempotencyKey: id, event, audit: [], nowMs: 0 });
  }

  expect(await countPhases(runs)).toEqual(new Map([['planning', 520]]));
});
