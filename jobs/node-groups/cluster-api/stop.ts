import { type CapiChange, ownerWords } from '../../../src/core/cluster-api/upgrade/change.ts';
import { readDeploymentOwner } from '../../../src/core/cluster-api/upgrade/owner.ts';
import { pausePatch } from '../../../src/core/cluster-api/upgrade/patches.ts';
import { MANAGEMENT_CALL_MS } from '../../etcd-replace/cluster-api/read-management.ts';
import type { ObjectChange } from '../../steps/object-change.ts';
import type { GroupStopContext } from '../provider.ts';
import { ownerRef } from './apply.ts';

/** The calls that keep machines from being replaced, and what goes on all the same. */
export function stopChanges(
  context: GroupStopContext,
  change: CapiChange,
): { readonly changes: readonly ObjectChange[]; readonly words: string } {
  const name = ownerWords(change);
  if (change.owner.kind === 'KubeadmControlPlane')
    return {
      changes: [],
      words: `${name} goes on by itself: a control plane that is held halfway is worse off, and nothing can hold it safely`,
    };
  if (change.way === 'topology')
    return { changes: [], words: `${name} goes on by itself: its topology controller takes a pause back` };
  return {
    changes: [holdChange(context, change)],
    words: `${name} is paused where it is: machines that are being made or deleted come and go to their end, no further one is begun`,
  };
}

/** Pauses the deployment while it is on its way to the version and template; one that is elsewhere, or gone, has nothing to be held. */
function holdChange({ ports, signal: outer }: GroupStopContext, change: CapiChange): ObjectChange {
  const ref = ownerRef(change);
  const name = ownerWords(change);
  async function read(signal: AbortSignal) {
    return await ports.management.get(ref, { timeoutMs: MANAGEMENT_CALL_MS, signal });
  }
  return {
    item: change.group,
    action: 'pause',
    facts: { object: name, uid: change.owner.uid },
    look: async () => {
      const seen = await read(outer);
      if (!seen.ok && seen.error.code === 'not-found') return { is: 'done', note: `${name} is gone` };
      if (!seen.ok) return { is: 'unread', why: seen.error.message };
      const owner = readDeploymentOwner(seen.value);
      if (owner.uid !== change.owner.uid) return { is: 'done', note: `${name} is another one by now` };
      if (owner.version !== change.to)
        return { is: 'done', note: `${name} is at ${owner.version}: nothing is under way` };
      if (change.template !== null && owner.template?.name !== change.template.toName)
        return { is: 'done', note: `${name} names another template: this roll-out is somebody else's` };
      return owner.paused
        ? { is: 'done', note: `${name} is paused` }
        : { is: 'not-done', note: `${name} is not paused` };
    },
    call: async (signal) => {
      const seen = await read(signal);
      if (!seen.ok) return seen;
      const operations = pausePatch(readDeploymentOwner(seen.value), change);
      return await ports.management.patchJson(ref, operations, { timeoutMs: MANAGEMENT_CALL_MS, signal });
    },
  };
}
