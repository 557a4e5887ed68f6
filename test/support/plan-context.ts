import type { PortName } from '../../src/core/ports/ports.ts';
import type { PlanContext } from '../../src/core/runbook.ts';
import type { StepHarness } from './step-harness.ts';

/** What a plan is given over the ports of a harness, where only a part of it is looked at. Pauses take no time. */
export function planContext({ ports, cluster, clock }: StepHarness): PlanContext<PortName> {
  return {
    ports,
    cluster,
    signal: new AbortController().signal,
    nowMs: () => clock.nowMs(),
    nowIso: () => clock.nowIso(),
    pause: async () => await Promise.resolve(),
  };
}
