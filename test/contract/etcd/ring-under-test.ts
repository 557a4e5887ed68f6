import type { EtcdMember, EtcdPort, EtcdResult } from '../../../src/core/ports/etcd.ts';

/** A ring of three members with what a test needs to disturb it; the same for the fake and for real rings. */
export interface RingUnderTest {
  readonly port: EtcdPort;
  freeze(name: string): Promise<void>;
  thaw(name: string): Promise<void>;
  kill(name: string): Promise<void>;
  /** Starts a killed member. Does not wait until it answers. */
  start(name: string): Promise<void>;
  /** Activates a CORRUPT alarm for that member. */
  corrupt(name: string): Promise<void>;
  /** Adds a started learner and gives its name. */
  addLearner(): Promise<string>;
  /** Chooses addresses for a new member and gives its peer URL. */
  place(name: string): Promise<string>;
  /** Starts a process there, for a member that was added with that peer URL. Waits until each voter lists its name, not until it answers. */
  startNew(name: string): Promise<void>;
  stop(): Promise<void>;
}

/** What a suite asks of a ring. */
export interface RingSettings {
  /** Default 512 MiB. */
  readonly quotaMib?: number;
}

/** One implementation of the port and how to get a ring of it. */
export interface RingKind {
  /** For instance `etcd 3.5`. */
  readonly name: string;
  /** What its members must report as version. */
  readonly version: RegExp;
  /** Whether the member list can be asked for without quorum only (3.4: always the member's own view). */
  readonly listIsLocal: boolean;
  /** How the port reaches it: by its own connections, by connections through a forward, or by etcdctl in the pods. */
  readonly way: 'direct' | 'tunnel' | 'exec';
  /** Program of that version that opens snapshots; `null`: what the fake streams is no database. */
  readonly opener: string | null;
  open(settings?: RingSettings): Promise<RingUnderTest>;
}

/** An ordinary limit: long enough for a busy machine. */
export const CALL = { timeoutMs: 10_000 };

/**
 * How the list is asked for in the moment after a change of members. Where it is the asked member's own view, only the leader knows of the
 * change already; elsewhere whoever is asked must.
 */
export function afterChange(kind: RingKind, leader: EtcdMember): typeof CALL & { readonly via?: EtcdMember } {
  return kind.listIsLocal ? { ...CALL, via: leader } : CALL;
}

/** The value of an answer. @throws Error with code and text when the call failed. */
export function ok<T>(result: EtcdResult<T>): T {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
}

/** The code of a failed call, `ok` when it did not fail. */
export function codeOf(result: EtcdResult<unknown>): string {
  return result.ok ? 'ok' : result.error.code;
}

/** All members, by name. */
export async function membersOf(port: EtcdPort): Promise<readonly EtcdMember[]> {
  const { members } = ok(await port.members(CALL));
  return members.toSorted((a, b) => a.name.localeCompare(b.name));
}

/** One member by name. @throws Error when the ring has none of that name. */
export async function memberOf(port: EtcdPort, name: string): Promise<EtcdMember> {
  const found = (await membersOf(port)).find((member) => member.name === name);
  if (found === undefined) throw new Error(`no member ${name}`);
  return found;
}

/** The leader and the others. @throws Error when nobody leads. */
export async function leaderAndFollowers(
  port: EtcdPort,
): Promise<{ readonly leader: EtcdMember; readonly followers: readonly EtcdMember[] }> {
  const members = await membersOf(port);
  const answers = await Promise.all(members.map((member) => port.status(member, CALL)));
  const leaderId = answers.flatMap((answer) => (answer.ok ? [answer.value.leaderId] : [])).find((id) => id !== null);
  const leader = members.find(({ id }) => id === leaderId);
  if (leader === undefined) throw new Error('nobody leads');
  return { leader, followers: members.filter(({ id }) => id !== leaderId) };
}
