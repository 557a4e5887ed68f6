import type { EtcdError, EtcdStatus } from '../../core/ports/etcd.ts';

/** Why a member should not be given a change; the next one is asked instead. `null`: it may be. */
export function unfitness(status: Pick<EtcdStatus, 'isLearner' | 'leaderId'>, where: string): EtcdError | null {
  if (status.isLearner) return { code: 'unreachable', message: `${where}: it is a learner. Nothing was sent` };
  if (status.leaderId === null)
    return { code: 'unreachable', message: `${where}: it knows no leader. Nothing was sent` };
  return null;
}
