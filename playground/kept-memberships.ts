import { z } from 'zod';
import type { TlsFiles } from './certificates.ts';
import { type Membership, openMembership, throughFirst } from './etcd-membership.ts';

/** Members that are asked every few moments, without a handshake for each question. */
export interface KeptMemberships {
  /** Does something through the first of these members that lets it be done. @throws Error of the last one when none does. */
  through<T>(endpoints: readonly string[], act: (membership: Membership) => Promise<T>): Promise<T>;
}

interface Kept {
  readonly membership: Membership;
  readonly idle: NodeJS.Timeout;
}

/** Longer than the deadline of a call. */
const IDLE_MS = 15_000;

const NotAnswered = z.object({ code: z.union([z.literal(4), z.literal(14)]) });

/**
 * Keeps a connection to each member that answers, until nobody has asked it for a while. After one that did not answer (gRPC's
 * `DEADLINE_EXCEEDED`, `UNAVAILABLE`) the next question opens a new one: the old one would wait before it connects again.
 */
export function keepMemberships(tls: TlsFiles): KeptMemberships {
  const open = new Map<string, Kept>();
  function keep(endpoint: string): Kept {
    const membership = openMembership(endpoint, tls);
    const kept = { membership, idle: setTimeout(() => drop(endpoint, kept), IDLE_MS).unref() };
    open.set(endpoint, kept);
    return kept;
  }
  function drop(endpoint: string, kept: Kept): void {
    clearTimeout(kept.idle);
    kept.membership.close();
    if (open.get(endpoint) === kept) open.delete(endpoint);
  }
  async function ask<T>(endpoint: string, act: (membership: Membership) => Promise<T>): Promise<T> {
    const kept = open.get(endpoint) ?? keep(endpoint);
    kept.idle.refresh();
    try {
      return await act(kept.membership);
    } catch (error) {
      if (NotAnswered.safeParse(error).success) drop(endpoint, kept);
      throw error;
    }
  }
  return {
    through: async (endpoints, act) => await throughFirst(endpoints, async (endpoint) => await ask(endpoint, act)),
  };
}
