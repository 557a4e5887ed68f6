import type { EtcdPeer } from '../../core/ports/etcd.ts';
import { findMetric } from './prometheus.ts';

/** The value of one gauge of a metrics page, `null` when the page has none of that name. */
export function gaugeIn(page: string, name: string): number | null {
  return findMetric(page, name)[0]?.value ?? null;
}

/** The connections that a member has, or had, to its peers. */
export function peersIn(page: string): readonly EtcdPeer[] {
  const bytes = new Map(
    findMetric(page, 'etcd_network_peer_received_bytes_total').map(({ labels, value }) => [labels['From'], value]),
  );
  return findMetric(page, 'etcd_network_active_peers').flatMap(({ labels, value }) => {
    const id = labels['Remote'];
    if (id === undefined) return [];
    const received = bytes.get(id);
    return [{ id, active: value > 0, ...(received === undefined ? {} : { received }) }];
  });
}

/**
 * The value that the given share of a histogram's observations do not exceed, in its unit, or `null` when it has none. Between two
 * bounds the observations count as evenly spread; above the last bound there is only that bound.
 *
 * @param share between 0 and 1
 */
export function quantileIn(page: string, name: string, share: number): number | null {
  const buckets = findMetric(page, `${name}_bucket`)
    .map(({ labels, value }) => ({ bound: boundOf(labels['le']), upTo: value }))
    .filter(({ bound, upTo }) => !Number.isNaN(bound) && Number.isFinite(upTo))
    .toSorted((a, b) => a.bound - b.bound);
  const total = buckets.at(-1)?.upTo ?? 0;
  if (total <= 0) return null;
  const rank = share * total;
  const at = buckets.findIndex(({ upTo }) => upTo >= rank);
  const bucket = buckets[at];
  const below = buckets[at - 1] ?? { bound: 0, upTo: 0 };
  if (bucket === undefined) return null;
  if (bucket.bound === Number.POSITIVE_INFINITY) return below.bound;
  const inside = bucket.upTo - below.upTo;
  return inside <= 0 ? bucket.bound : below.bound + ((bucket.bound - below.bound) * (rank - below.upTo)) / inside;
}

function boundOf(le: string | undefined): number {
  return le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le ?? 'none');
}
