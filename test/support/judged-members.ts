import { lookAt, NOW_MS, PLACE, podSign, SILENT, serviceState } from './member-signs.ts';

/** A member that did not answer in the one look. */
export const AWAY = { looks: [lookAt(SILENT)] } as const;
/** Its pod is started again and again. */
export const LOOPING = {
  first: null,
  last: podSign({ running: false, ready: false, restarts: 12, waiting: 'CrashLoopBackOff' }),
};
/** A service that was stopped. */
export const STOPPED = { load: 'loaded', active: 'inactive', sub: 'dead', mainPid: null } as const;
/** A place of a bare ring. */
export const BARE = { ...PLACE, node: null, nodeUid: null, nodeState: 'not-seen', matchedBy: 'none' } as const;
export const ON_HOST = { place: BARE, pod: 'not-seen', node: null } as const;
/** Its node is gone. */
export const GONE = { place: { ...BARE, nodeState: 'absent' }, node: null, pod: 'absent' } as const;

/** A host that let us in, with its service. */
export function hostSign(changes: Parameters<typeof serviceState>[0], freeBytes: number | null = null) {
  return { reached: true, name: 'etcd.service', service: serviceState(changes), before: null, freeBytes } as const;
}

/** A time so long before now. */
export function before(ms: number): string {
  return new Date(NOW_MS - ms).toISOString();
}

/** A member whose log is so many entries ahead of what it applied. */
export function farBehind(entries: number) {
  return lookAt({ status: { raftAppliedIndex: 1000n, raftIndex: 1000n + BigInt(entries) } });
}
