import type { EtcdMember, EtcdResult } from '../../core/ports/etcd.ts';

/** What is done, and to which member, for error texts. */
export function told(what: string, member: EtcdMember | undefined): string {
  if (member === undefined) return what;
  return `${what} of member ${member.name === '' ? member.id : `${member.name} (${member.id})`}`;
}

/** The answer of a call, read. */
export function read<A, B>(answer: EtcdResult<A>, reader: (value: A) => B): EtcdResult<B> {
  return answer.ok ? { ok: true, value: reader(answer.value) } : answer;
}

/** Reads an answer that says no more than that it was done. */
export function nothing(): null {
  return null;
}
