import { accessTrouble } from '../../src/core/etcd/access.ts';
import type { CallAnswer } from '../../src/core/etcd/defrag-outcome.ts';
import type { EtcdError, EtcdErrorCode } from '../../src/core/ports/etcd.ts';

const REFUSALS: ReadonlySet<EtcdErrorCode> = new Set([
  'unreachable',
  'wrong-member',
  'no-space',
  'corrupt',
  'overloaded',
  'permission',
  'access-refused',
  'access-unusable',
  'refused',
  'not-available',
]);

/** What an error of the call says about its outcome: a definite refusal (or nothing was sent), or nothing. */
export function answerOf(code: EtcdErrorCode): CallAnswer {
  return REFUSALS.has(code) ? 'refused' : 'unknown';
}

/** Who said what; where it is not here, etcd itself answered. */
const WORDS: Partial<Record<EtcdErrorCode, string>> = {
  unreachable: 'Nothing was sent',
  'access-unusable': 'Nothing was sent',
  'access-refused': 'The call was refused',
  permission: 'The call was refused',
  'not-available': 'This way of access cannot do it',
  'wrong-member': 'Nothing was changed',
  'unknown-outcome': 'The call ended without a certain answer',
  cancelled: 'The call ended without a certain answer',
};

/** What a call ended with, as one sentence to be put behind others; empty: it succeeded, or an earlier worker made it. */
export function callWords(error: EtcdError | null): string {
  return error === null ? '' : ` ${WORDS[error.code] ?? 'etcd answered'}: ${error.message}.`;
}

/** Why a call did not come as far as etcd. */
export type WayReason = 'access-refused' | 'api-refused';

/** The reason of a call that did not come as far as etcd, because of who guards the way; `null`: that was not it. */
export function wayReason(error: EtcdError | null): WayReason | null {
  if (accessTrouble(error) !== null) return 'access-refused';
  return error?.apiRefused === true ? 'api-refused' : null;
}

/** The reason of a call that was definitely refused. */
export function refusalReason(error: EtcdError): WayReason | 'etcd-refused' {
  return wayReason(error) ?? 'etcd-refused';
}
