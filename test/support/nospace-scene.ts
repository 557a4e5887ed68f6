import { etcdDefrag } from '../../jobs/etcd-defrag/runbook.ts';
import type { FakeCall, FakeEtcd, FakeEtcdOptions } from '../fakes/etcd.ts';
import { BY_RULE } from './defrag-scene.ts';
import { MIB } from './etcd-reading.ts';
import { createStepHarness, type HarnessEnd, type HarnessOptions, type StepHarness } from './step-harness.ts';

/** Quota of the members, bytes. */
export const QUOTA = 256 * MIB;

const CHANGES = new Set<FakeCall['method']>(['compact', 'defragment', 'disarm', 'put', 'deleteKey']);

/** A planned run on a ring that is out of space. */
export interface NospaceScene {
  readonly harness: StepHarness;
  readonly etcd: FakeEtcd;
  /** Runs the plan to its end, or only the steps from `from` to before `to`. */
  readonly run: (from?: number, to?: number) => Promise<HarnessEnd>;
}

/** A ring whose files have reached the quota, with an alarm on two members, planned. */
export async function alarmed(
  etcd: Omit<FakeEtcdOptions, 'clock'> = {},
  options: Omit<HarnessOptions, 'etcd'> = {},
): Promise<NospaceScene> {
  const member = { dbSizeBytes: QUOTA, dbSizeInUseBytes: 100 * MIB };
  const harness = createStepHarness({
    ...options,
    etcd: { quotaBytes: QUOTA, leader: 'm-1', members: [member, member, member], ...etcd },
  });
  harness.etcd.raise('m-2', 'NOSPACE');
  harness.etcd.raise('m-3', 'NOSPACE');
  const draft = await harness.plan(etcdDefrag, BY_RULE);
  return {
    harness,
    etcd: harness.etcd,
    run: async (from, to) => await harness.run(etcdDefrag, draft.steps.slice(from, to)),
  };
}

/** Calls that change the ring, in order. */
export function changes(etcd: FakeEtcd): readonly string[] {
  return etcd.calls
    .filter((call) => CHANGES.has(call.method))
    .map((call) => `${call.method} ${call.member ?? ''}`.trim());
}
