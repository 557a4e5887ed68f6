import { setTimeout as delay } from 'node:timers/promises';
import type { NodeShellContext } from '../../jobs/steps/node-shell.ts';
import type { KubernetesPort } from '../../src/core/ports/kubernetes.ts';

/** What a step gives a node shell, and what it was told. */
export interface ShellContext extends NodeShellContext {
  /** Cleanups that are registered and not done. */
  readonly open: Set<string>;
}

/** A context on a real or a fake cluster. `speed`: waits are that much shorter. */
export function shellContext(kubernetes: KubernetesPort, speed = 1): ShellContext {
  const open = new Set<string>();
  let waitedMs = 0;
  return {
    open,
    ports: { kubernetes },
    runId: 'backup-prod-7f3k',
    signal: new AbortController().signal,
    registerCleanup: async ({ id }) => void (await Promise.resolve(open.add(id))),
    cleanedUp: async (id) => void (await Promise.resolve(open.delete(id))),
    nowMs: () => waitedMs,
    pause: async (ms) => {
      waitedMs += ms;
      await delay(ms / speed);
    },
  };
}
