import type { EtcdError } from '../../core/ports/etcd.ts';

/**
 * Whether a promotion was refused because the member votes already. A learner that lags behind has a longer text.
 *
 * Source: `ErrMemberNotLearner` and `ErrMemberLearnerNotReady` in etcd's `api/v3rpc/rpctypes/error.go`.
 */
export function isVoterAlready(error: EtcdError): boolean {
  return error.code === 'refused' && /can only promote a learner member(?! which)/.test(error.message);
}
