import type { PlatformMember, PlaygroundPlatform } from '../platforms.ts';
import type { Undo } from './contract.ts';
import { FAULT_KINDS, type FaultName } from './kinds.ts';
import type { SwitchOrder } from './switches.ts';

/** What the playground was asked to do to a member. */
export interface FaultOrder {
  readonly cluster: string;
  readonly fault: FaultName | 'clear';
  /** Name of the member, which on clusters is also that of its node. */
  readonly member: string;
}

/** How it went: what was done, or what speaks against it; both as a sentence. */
export type FaultAnswer =
  | { readonly ok: true; readonly said: string }
  | { readonly ok: false; readonly problem: string };

/** The faults of all clusters of a playground. */
export interface FaultBook {
  /** Sets a fault, or clears the one that a member has, or turns a switch of a cluster. One fault a member at a time; never rejects. */
  set(order: FaultOrder | SwitchOrder): Promise<FaultAnswer>;
  /** The fault that a member has now. */
  of(cluster: string, member: string): FaultName | undefined;
  /** Takes away what would outlive the playground. */
  close(): Promise<void>;
}

interface Entry {
  readonly fault: FaultName;
  readonly member: PlatformMember;
  readonly undo: Undo;
}

/** Makes the book; nothing is set. `platforms`: those of the moment. */
export function createFaultBook(platforms: () => readonly PlaygroundPlatform[]): FaultBook {
  const entries = new Map<string, Entry>();
  let last: Promise<unknown> = Promise.resolve();

  async function carryOut(order: FaultOrder | SwitchOrder): Promise<FaultAnswer> {
    const platform = platforms().find((each) => each.name === order.cluster);
    if (platform === undefined) return no(`There is no ${order.cluster}: ${listOf(platforms())}.`);
    return await ('switch' in order ? turn(platform, order) : setOf(platform, order));
  }
  async function setOf(platform: PlaygroundPlatform, order: FaultOrder): Promise<FaultAnswer> {
    const { cluster, fault, member: name } = order;
    const key = `${cluster}/${name}`;
    if (fault === 'clear') return await clear(key, name);
    const member = platform.members().find((each) => each.name === name);
    if (member === undefined) return no(`${cluster} has no ${name}: ${listOf(platform.members())}.`);
    const present = entries.get(key);
    if (present !== undefined && present.member.dataDirectory === member.dataDirectory)
      return no(`${name} has the fault ${present.fault} already: clear that first.`);
    const kind = FAULT_KINDS.find((each) => each.name === fault);
    if (kind === undefined) return no(`There is no fault ${fault}.`);
    const { said, undo } = await kind.set(member, platform);
    entries.set(key, { fault, member, undo });
    return { ok: true, said };
  }
  async function clear(key: string, name: string): Promise<FaultAnswer> {
    const entry = entries.get(key);
    if (entry === undefined) return no(`${name} has no fault that could be cleared.`);
    // Whatever comes of it: what cannot be put back once cannot be put back twice.
    entries.delete(key);
    await entry.undo();
    return { ok: true, said: `The fault ${entry.fault} of ${name} is cleared.` };
  }
  async function set(order: FaultOrder | SwitchOrder): Promise<FaultAnswer> {
    const before = last;
    const answer = (async () => {
      await before;
      try {
        return await carryOut(order);
      } catch (error) {
        const what = 'switch' in order ? `${order.switch} on ${order.cluster}` : `${order.fault} of ${order.member}`;
        return no(`${what}: ${error instanceof Error ? error.message : String(error)}.`);
      }
    })();
    last = answer;
    return await answer;
  }
  return {
    set,
    of: (cluster, member) => entries.get(`${cluster}/${member}`)?.fault,
    async close() {
      await last;
      const there = new Set(platforms().flatMap((each) => each.members().map(({ dataDirectory }) => dataDirectory)));
      // The disk of a machine that is gone goes with its directory.
      for (const { fault, member, undo } of entries.values())
        if (fault === 'fill-disk' && there.has(member.dataDirectory)) await undo().catch(() => undefined);
      entries.clear();
    },
  };
}

async function turn(platform: PlaygroundPlatform, { switch: name, on }: SwitchOrder): Promise<FaultAnswer> {
  const switches = platform.switches ?? [];
  const found = switches.find((each) => each.name === name);
  if (found === undefined) return no(`${platform.name} has no ${name}: ${listOf(switches)}.`);
  return { ok: true, said: await found.turn(on) };
}

function no(problem: string): FaultAnswer {
  return { ok: false, problem };
}

function listOf(those: readonly { readonly name: string }[]): string {
  const names = those.map(({ name }) => name);
  return names.length === 0 ? 'there is none' : `there ${names.length === 1 ? 'is' : 'are'} ${names.join(', ')}`;
}
