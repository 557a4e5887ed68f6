import { readdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import type { EtcdMember } from '../../playground/etcd-member.ts';

/** What was seen of one member on disk. */
type Listener = (member: string) => void;

/** Defragmentations as they happen on disk, whoever asked for them and whatever became of the processes. */
export interface TurnLog {
  /** Members in the order in which etcd began to rewrite their files, since the last {@link TurnLog.forget}. */
  begun(): readonly string[];
  forget(): void;
  /**
   * Calls `act` at once when a member begins to rewrite its file for the first time after this call: right in the middle
   * of a real defragmentation. Resolves with the member's name.
   */
  atNext(act: Listener): Promise<string>;
  /** Whether that member is rewriting its file, or was ended while it did. */
  isUnfinished(member: string): boolean;
  close(): void;
}

/** etcd copies into `db.tmp.*` and renames it over `db`; nothing else makes such a file. */
const COPY = /^db\.tmp\./;

/** Watches the data of members of a ring. */
export function watchTurns(members: readonly Pick<EtcdMember, 'name' | 'dataDirectory'>[]): TurnLog {
  let order: string[] = [];
  const files = new Set<string>();
  const listeners = new Set<Listener>();
  const watchers = members.map(({ name, dataDirectory }) => {
    const folder = snapFolder(dataDirectory);
    return watch(folder, (_event, file) => {
      // The same name comes again when the copy is renamed or deleted.
      if (file === null || !COPY.test(file) || files.has(join(folder, file))) return;
      files.add(join(folder, file));
      order.push(name);
      for (const listener of listeners) listener(name);
    });
  });
  return {
    begun: () => [...order],
    forget() {
      order = [];
    },
    async atNext(act) {
      const next = Promise.withResolvers<string>();
      function once(member: string): void {
        listeners.delete(once);
        act(member);
        next.resolve(member);
      }
      listeners.add(once);
      return await next.promise;
    },
    isUnfinished(member) {
      const found = members.find((each) => each.name === member);
      if (found === undefined) throw new Error(`no member ${member} is watched`);
      return readdirSync(snapFolder(found.dataDirectory)).some((file) => COPY.test(file));
    },
    close() {
      for (const watcher of watchers) watcher.close();
    },
  };
}

/** Where a member keeps its database file. */
export function snapFolder(dataDirectory: string): string {
  return join(dataDirectory, 'member', 'snap');
}
