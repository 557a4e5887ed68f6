import type { CaseChoice, CaseFacts } from './case.ts';
import { chosen, refused } from './case-by-place.ts';
import type { MemberPlace } from './evidence.ts';

/**
 * An entry that does not vote yet, or that nothing was started behind. Where a controller adds members it may be in the midst of that: it is not
 * taken away behind its back.
 */
export function leftover(
  { platform, name }: CaseFacts['cluster'],
  was: 'never-started' | 'learner',
  { machine }: MemberPlace,
  why: string,
): CaseChoice {
  switch (platform) {
    case 'openshift':
      return refused(
        'case',
        `${why} On OpenShift the etcd operator adds members and promotes them when they have caught up, so this one is left to it. What it waits for: \`oc get clusteroperator etcd\` and \`oc -n openshift-etcd get pods\`.`,
      );
    case 'cluster-api':
    case 'eks-anywhere': {
      const known = machine?.controllerName ?? '';
      const who = known === '' ? `the controller of the machines of ${name}` : known;
      return refused(
        'case',
        `${why} Members come with their machines, which ${who} looks after, so this one is left to it. What it waits for, in the management cluster: \`kubectl get machines -A\`.`,
      );
    }
    case 'kubeadm':
    case 'etcd':
      return was === 'learner'
        ? chosen(
            'drop-learner',
            `${why} A learner does not vote, so the ring loses nothing. Somebody may be joining it just now: ask before you approve.`,
          )
        : chosen('drop-unstarted', `${why} Whoever added it may be about to start it: ask before you approve.`);
    case 'eks':
    case 'gke':
    case 'aks':
      return refused('case', `The provider of ${name} runs etcd and replaces members itself.`);
  }
}
