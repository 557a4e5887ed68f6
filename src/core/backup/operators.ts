import { z } from 'zod';

/** The operators of OpenShift whose static pods a backup has the files of. */
export const STATIC_OPERATORS = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;

/** An operator as the API gave it (`config.openshift.io/v1` ClusterOperator); `null`: it could not be read. */
export interface OperatorSeen {
  readonly name: string;
  readonly object: unknown;
}

const Operator = z.looseObject({
  status: z.looseObject({
    conditions: z.array(z.looseObject({ type: z.string(), status: z.string(), reason: z.string().default('') })),
  }),
});
const WANTED = [
  { type: 'Available', status: 'True', otherwise: 'is not available' },
  { type: 'Degraded', status: 'False', otherwise: 'is degraded' },
  { type: 'Progressing', status: 'False', otherwise: 'is rolling out a change' },
] as const;

/**
 * Why the files of the static pods are not to be taken now, without a period: they would be of no revision, or of one that does not work. `null`: all
 * operators are available, not degraded and at rest.
 *
 * Source: `cluster-backup.sh` of the cluster-etcd-operator refuses while one of them is progressing.
 */
export function operatorTrouble(operators: readonly OperatorSeen[]): string | null {
  const troubles = operators.flatMap(({ name, object }) => {
    const read = Operator.safeParse(object);
    if (!read.success) return [`how operator ${name} is could not be read`];
    const { conditions } = read.data.status;
    const wrong = WANTED.flatMap(({ type, status, otherwise }) => {
      const found = conditions.find((each) => each.type === type);
      if (found?.status === status) return [];
      if (found?.status !== 'True' && found?.status !== 'False') return [`does not say whether it is ${type}`];
      return [`${otherwise}${found.reason === '' ? '' : ` (${found.reason})`}`];
    });
    return wrong.length === 0 ? [] : [`operator ${name} ${wrong.join(' and ')}`];
  });
  return troubles.length === 0 ? null : troubles.join(', ');
}
