import { cordonStep } from './cordon-step.ts';
import { drainStep } from './drain-step.ts';
import { forceDeleteStep } from './force-delete-step.ts';
import { uncordonCleanup } from './uncordon-cleanup.ts';
import { verifyDrainedStep } from './verify-drained-step.ts';

/** Every step kind that the lines of a drain may use. */
export const drainSteps = [cordonStep, drainStep, forceDeleteStep, verifyDrainedStep] as const;

/** What a drain puts back. */
export const drainCleanups = [uncordonCleanup] as const;
