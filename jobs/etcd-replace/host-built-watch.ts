import { z } from 'zod';
import { defineWatch } from '../../src/core/runbook.ts';
import { LOOK_TIMEOUT_MS } from '../steps/read-ring.ts';
import { ringOutputs } from './input.ts';

/** Looks, while a person builds a host, whether its etcd has joined: an entry that was not there before and has a name now. */
export const hostBuiltWatch = defineWatch({
  kind: 'etcd.host-built@1',
  input: z.object({
    clusterId: z.string().min(1),
    /** Ids of the ring that was approved. */
    known: z.array(z.string()),
    /** Peer URLs that it must have; `null`: any. */
    peerUrls: z.array(z.string()).nullable(),
  }),
  needs: ['etcd'],
  everyMs: 15_000,
  look: async ({ ports, signal, outputs }, { clusterId, known, peerUrls }) => {
    const list = await ports.etcd.members({ timeoutMs: LOOK_TIMEOUT_MS, signal });
    if (!list.ok || list.value.clusterId !== clusterId) return null;
    // What was removed by this run and stands there again is for the next step to find.
    const removed = new Set(ringOutputs(outputs).map((each) => each.removed));
    const joined = list.value.members.find(
      (each) =>
        each.name !== '' &&
        !known.includes(each.id) &&
        !removed.has(each.id) &&
        (peerUrls === null || each.peerUrls.some((url) => peerUrls.includes(url))),
    );
    return joined === undefined ? null : { seen: `${joined.name} (${joined.id}) has joined the ring` };
  },
});
