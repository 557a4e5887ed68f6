import type { EtcdError, EtcdErrorCode } from '../../core/ports/etcd.ts';

/** Answers that speak for one member or its address only; all others speak for the ring. */
const OF_ONE_MEMBER: ReadonlySet<EtcdErrorCode> = new Set<EtcdErrorCode>([
  'unreachable',
  'unknown-outcome',
  'wrong-member',
  'permission',
  'overloaded',
]);

/** Whether another member may answer what this one did not. */
export function mayAskNext(error: EtcdError): boolean {
  return OF_ONE_MEMBER.has(error.code) || error.message.includes('not supported for learner');
}

const GRAVEST_FIRST: readonly EtcdErrorCode[] = ['permission', 'wrong-member', 'overloaded', 'unknown-outcome'];

/** One error out of several members' errors: the code that most needs a person, and all the texts. */
export function summarise(failures: readonly EtcdError[], what: string): EtcdError {
  if (failures.length === 0) {
    return { code: 'unreachable', message: `${what}: there is no client address that can be used` };
  }
  const codes = failures.map(({ code }) => code);
  const code = GRAVEST_FIRST.find((grave) => codes.includes(grave)) ?? codes[0] ?? 'unreachable';
  const error = { code, message: [...new Set(failures.map(({ message }) => message))].join('; ') };
  return failures.every((each) => each.refusesConnections === true) ? { ...error, refusesConnections: true } : error;
}
