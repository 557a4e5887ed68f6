import type { ReplaceCase } from '../../src/core/etcd/diagnosis/case.ts';
import type { CaseEntry, CasePart } from './case-plan.ts';
import { clusterApi } from './cluster-api/cases.ts';
import { openshift } from './openshift/cases.ts';

/** What each platform brings; one line each. */
const PARTS: readonly CasePart[] = [openshift, clusterApi];

/** The entry of a case; `null`: this version has none. */
export function entryOf(id: ReplaceCase): CaseEntry | null {
  return PARTS.flatMap(({ cases }) => cases).find((each) => each.id === id) ?? null;
}

/** Every step kind of every platform. */
export const caseSteps = PARTS.flatMap(({ steps }) => steps);
/** Everything that the steps of a platform put back. */
export const caseCleanups = PARTS.flatMap(({ cleanups }) => cleanups);
/** Everything that a gate of a platform looks for. */
export const caseWatches = PARTS.flatMap(({ watches }) => watches);
