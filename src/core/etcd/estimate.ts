const GIB = 1024 ** 3;

/** Pessimistic time of a defragmentation per GiB in use, ms. Measured 2.7 to 5 s per GB; reports of slow disks 3 to 10 s. */
export const DEFRAG_MS_PER_GIB = 10_000;

/** From this estimate on, ms, liveness probes may kill the member during its turn (kubeadm: after 80 to 120 s). */
export const LIVENESS_RISK_MS = 60_000;

/** How long a member with so much data in use will answer nothing, ms, rounded up to a second. */
export function estimateDefragMs(inUseBytes: number): number {
  return Math.max(1, Math.ceil((inUseBytes / GIB) * (DEFRAG_MS_PER_GIB / 1000))) * 1000;
}

/** Deadline of the call, ms: 10 minutes or six times the estimate. Reaching it stops nothing on the server. */
export function defragDeadlineMs(inUseBytes: number): number {
  return Math.max(600_000, 6 * estimateDefragMs(inUseBytes));
}

/** Free bytes that the data volume needs: the rewritten copy lies beside the old file until it is complete. */
export function diskNeededBytes(inUseBytes: number): number {
  return Math.ceil(inUseBytes * 1.2);
}
