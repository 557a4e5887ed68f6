import { foldAlike } from '../../core/etcd/fold-alike.ts';
import type { EtcdError, EtcdErrorCode } from '../../core/ports/etcd.ts';

/** Answers that speak for one member or its address only; all others speak for the ring. */
const OF_ONE_MEMBER: ReadonlySet<EtcdErrorCode> = new Set<EtcdErrorCode>([
  'unreachable',
  'unknown-outcome',
  'wrong-member',
  'permission',
  'access-refused',
  'access-unusable',
  'overloaded',
]);

/** Whether another member may answer what this one did not. */
export function mayAskNext(error: EtcdError): boolean {
  return OF_ONE_MEMBER.has(error.code) || error.message.includes('not supported for learner');
}

const GRAVEST_FIRST: readonly EtcdErrorCode[] = [
  'access-unusable',
  'access-refused',
  'permission',
  'wrong-member',
  'overloaded',
  'unknown-outcome',
];

/** What one of several failed with. */
export interface Failure {
  /** The pod or address that was asked, as the text names it. */
  readonly asked: string;
  readonly error: EtcdError;
}

/** One error out of several members' errors: the code that most needs a person, and all the texts, each once. */
export function summarise(failures: readonly Failure[], what: string): EtcdError {
  if (failures.length === 0) {
    return { code: 'unreachable', message: `${what}: there is no client address that can be used` };
  }
  const codes = failures.map(({ error }) => error.code);
  const code = GRAVEST_FIRST.find((grave) => codes.includes(grave)) ?? codes[0] ?? 'unreachable';
  const texts = foldAlike(failures.map(({ asked, error }) => ({ name: asked, also: [], text: error.message })));
  const error = { code, message: texts.join('; ') };
  if (failures.every((each) => each.error.refusesConnections === true)) return { ...error, refusesConnections: true };
  return failures.every((each) => each.error.apiRefused === true) ? { ...error, apiRefused: true } : error;
}
