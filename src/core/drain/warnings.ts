import type { Check } from '../plan.ts';
import { ownersOf, rootWorkload } from './owners.ts';
import { toleratesCordon } from './placement.ts';
import type { Finding } from './simulate.ts';
import { type DrainPod, type DrainView, podName } from './view.ts';
import { counted, someOf } from './words.ts';

/** What an approver should know of the pods that go. Only what applies. */
export function warnings(
  view: DrainView,
  pods: readonly DrainPod[],
  findings: readonly Finding[],
  purpose: 'drain' | 'others-drain',
): readonly Check[] {
  return [
    ...placeCheck(findings, purpose),
    ...aloneCheck(view, pods),
    ...unguardedCheck(findings),
    ...jobsCheck(view, pods),
    ...readinessCheck(view, pods),
    ...localCheck(view, pods),
    ...returningCheck(view, pods),
  ];
}

function warn(id: string, title: string, evidence: string, isSo: boolean): readonly Check[] {
  return isSo ? [{ id, verdict: 'warn', title, evidence }] : [];
}

/** New machines come beside the old ones where others drain, so that is no reason to stop there. */
function placeCheck(findings: readonly Finding[], purpose: 'drain' | 'others-drain'): readonly Check[] {
  const nowhere = findings.filter((finding) => finding.kind === 'nowhere');
  if (nowhere.length === 0) return [];
  const evidence = someOf(nowhere.map(({ owner, pods }) => `${owner} (${counted(pods.length, 'pod')})`));
  const verdict = purpose === 'drain' ? 'block' : 'warn';
  return [{ id: 'places', verdict, title: 'No other node that is ready may take these pods', evidence }];
}

function aloneCheck(view: DrainView, pods: readonly DrainPod[]): readonly Check[] {
  const alone = pods.filter((pod) => rootWorkload(view, pod)?.replicas === 1);
  const names = ownersOf(view, alone);
  return warn('alone', 'Away while it moves: only one replica', someOf(names), names.length > 0);
}

function unguardedCheck(findings: readonly Finding[]): readonly Check[] {
  const found = findings.filter((finding) => finding.kind === 'unguarded');
  const names = found.map(({ workload, pods }) => `${workload.kind} ${podName(workload)} (${counted(pods, 'pod')})`);
  return warn('unguarded', 'All pods may be away at once: no budget', someOf(names), names.length > 0);
}

function jobsCheck(view: DrainView, pods: readonly DrainPod[]): readonly Check[] {
  const names = ownersOf(
    view,
    pods.filter(({ owner }) => owner?.kind === 'Job'),
  );
  return warn('jobs', 'Jobs begin anew', someOf(names), names.length > 0);
}

function readinessCheck(view: DrainView, pods: readonly DrainPod[]): readonly Check[] {
  const unprobed = ownersOf(
    view,
    pods.filter((pod) => pod.unprobed && (rootWorkload(view, pod)?.replicas ?? 0) > 1),
  );
  const abrupt = ownersOf(
    view,
    pods.filter(({ owner, graceSeconds }) => owner?.kind === 'StatefulSet' && graceSeconds === 0),
  );
  const words = [
    ...(unprobed.length > 0 ? [`no readiness probe, so a new pod counts as healthy at once: ${someOf(unprobed)}`] : []),
    ...(abrupt.length > 0 ? [`no time to end: ${someOf(abrupt)}`] : []),
  ];
  return warn('readiness', 'Budgets tell less than they seem to', words.join('; '), words.length > 0);
}

function localCheck(view: DrainView, pods: readonly DrainPod[]): readonly Check[] {
  const names = ownersOf(
    view,
    pods.filter(({ hostPaths }) => hostPaths.length > 0),
  );
  return warn('host-paths', 'Files of the node stay behind', someOf(names), names.length > 0);
}

function returningCheck(view: DrainView, pods: readonly DrainPod[]): readonly Check[] {
  const names = ownersOf(
    view,
    pods.filter(({ placement }) => toleratesCordon(placement)),
  );
  return warn('tolerations', 'Pods tolerate the cordon and may come back', someOf(names), names.length > 0);
}
