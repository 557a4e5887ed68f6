import type { ReplaceCase } from '../../src/core/etcd/diagnosis/case.ts';
import { bare } from './bare/cases.ts';
import type { CaseEntry, CasePart } from './case-plan.ts';
import { clusterApi } from './cluster-api/cases.ts';
import { kubeadm } from './kubeadm/cases.ts';
import { leftovers } from './leftover-cases.ts';
import { openshift } from './openshift/cases.ts';
import { swap } from './swap-case.ts';

/** What each platform brings; one line each. */
const PARTS: readonly CasePart[] = [openshift, kubeadm, clusterApi, bare, leftovers, swap];

/** The entry of a case; `null`: this version has none. */
export function entryOf(id: ReplaceCase): CaseEntry | null {
  return PARTS.flatMap(({ cases }) => cases).find((each) => each.id === id) ?? null;
}

/** Every step kind of every platform, each once. */
export const caseSteps = once(PARTS.flatMap(({ steps }) => steps));
/** Everything that the steps of a platform put back, each once. */
export const caseCleanups = once(PARTS.flatMap(({ cleanups }) => cleanups));
/** Everything that a gate of a platform looks for, each once. */
export const caseWatches = once(PARTS.flatMap(({ watches }) => watches));

function once<T extends { readonly kind: string }>(all: readonly T[]): readonly T[] {
  return all.filter((each, index) => all.findIndex(({ kind }) => kind === each.kind) === index);
}
