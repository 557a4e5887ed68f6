import type { EtcdMember } from '../ports/etcd.ts';

/** What identifies a member for people: never an id alone, never a name alone. */
export type NamedMember = Pick<EtcdMember, 'id' | 'name' | 'peerUrls'>;

/** `cp-2 (8e9e05c52164694d, https://10.0.0.12:2380)`; a member without a name is called by its id. */
export function memberWords({ id, name, peerUrls }: NamedMember): string {
  const urls = peerUrls.length === 0 ? 'no peer URL' : peerUrls.join(', ');
  return name === '' ? `${id} (no name, ${urls})` : `${name} (${id}, ${urls})`;
}

/**
 * What a person types to agree to the removal of a member: `cp-2 8e9e05c52164694d`. The id alone when the name is empty or has characters
 * that keyboards change (quotes, dashes): what is typed must be what stands there.
 */
export function memberToType({ id, name }: NamedMember): string {
  return /^[a-z0-9][a-z0-9.-]*$/.test(name) && !name.includes('--') ? `${name} ${id}` : id;
}
