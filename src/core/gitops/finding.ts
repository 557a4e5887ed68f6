import { z } from 'zod';
import { Json } from '../json.ts';

/** What somebody who keeps an object does about a change that is not in Git. */
export type Reverts =
  /** Within seconds or minutes. */
  | 'by-itself'
  /** At the next commit, sync or release that others make. */
  | 'at-next-sync'
  /** It shows the difference, or acts only when people tell it to. */
  | 'by-hand'
  /** It cannot be told. */
  | 'unknown';

/** How somebody is kept from following Git for the time of a run. */
export const Suspension = z.strictObject({
  /** `argo`: `spec.syncPolicy.automated` is taken away, so that differences are shown and not acted on. `flux`: `spec.suspend` is set. */
  way: z.enum(['argo', 'flux']),
  /** Cluster in which it is. */
  cluster: z.enum(['management', 'workload']),
  apiVersion: z.string().min(1),
  kind: z.string().min(1),
  namespace: z.string().min(1),
  name: z.string().min(1),
  uid: z.string().min(1),
  /** What is put back: `spec.syncPolicy.automated`, or `spec.suspend`; `null`: it was not there. */
  before: Json,
});
export type Suspension = z.infer<typeof Suspension>;

/** Where a change of an object is made for good. */
export type Place =
  /** In its manifest, or as a patch of a kustomization. */
  | 'manifest'
  /** In the values of a release of Helm: its chart renders the object. */
  | 'chart'
  /** In `spec.topology` of its Cluster: the topology controller makes the object. */
  | 'topology'
  /** Somewhere else, which `who` names. */
  | 'elsewhere';

/** Somebody who keeps one of the objects that a plan changes. */
export interface GitopsFinding {
  /** `MachineDeployment capi/capi-md-0`. */
  readonly object: string;
  /** `Argo CD, Application argocd/capi-clusters`. */
  readonly who: string;
  readonly reverts: Reverts;
  /** What that means, as a sentence without the period. */
  readonly words: string;
  /** Where its manifests are; empty: not told. */
  readonly source: string;
  readonly place: Place;
  /** `null`: it cannot be suspended, and `stays` says why. */
  readonly suspension: Suspension | null;
  /** Why it cannot be suspended; empty: it can be, or there is no need. */
  readonly stays: string;
  /** It does not compare these fields with Git, so that only people can tell whether Git has them. Absent: it does, or nothing is told. */
  readonly blind?: true;
}

/** Whether a change of the object cannot be left to itself beside this. */
export function standsAgainst({ reverts }: Pick<GitopsFinding, 'reverts'>): boolean {
  return reverts !== 'by-hand';
}

/** An object that is suspended, for people: `Application argocd/capi-clusters`. */
export function suspensionWords({ kind, namespace, name }: Suspension): string {
  return `${kind} ${namespace}/${name}`;
}

/** Those that are to be suspended, each once. */
export function suspensionsOf(findings: readonly GitopsFinding[]): readonly Suspension[] {
  const all = findings.filter(standsAgainst).flatMap(({ suspension }) => suspension ?? []);
  return all.filter((each, index) => all.findIndex(({ uid }) => uid === each.uid) === index);
}
