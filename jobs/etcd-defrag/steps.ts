import type { AnyStep } from '../../src/core/step.ts';
import { compactStep } from './compact-step.ts';
import { defragmentStep } from './defragment-step.ts';
import { disarmStep } from './disarm-step.ts';
import { verifyRingStep } from './verify-ring-step.ts';
import { writeProbeStep } from './write-probe-step.ts';

/** Every step kind that a plan of this runbook may use, in the order of a plan that clears a NOSPACE alarm. */
export const steps = [
  compactStep,
  defragmentStep,
  disarmStep,
  writeProbeStep,
  verifyRingStep,
] as const satisfies readonly AnyStep[];
