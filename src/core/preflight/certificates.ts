import type { Check } from '../plan.ts';
import { parseTime } from '../time.ts';
import type { ExpiringClients } from './samples.ts';
import { counted, type Seen, some } from './seen.ts';

/** A certificate with its end. */
export interface Expiry {
  /** What it is of: `machine cp-1`. */
  readonly name: string;
  /** ISO. */
  readonly at: string;
}

const DAY_MS = 86_400_000;
/** One that ends sooner is renewed before anything else. */
const SOON_DAYS = 30;

/**
 * Whether certificates last: of machines of the control plane, where somebody tells (Cluster API), and of
 * clients of the API server, by its metric. An upgrade by kubeadm or Cluster API renews those of the control plane.
 */
export function certificatesCheck(
  machines: Seen<readonly Expiry[]>,
  clients: Seen<ExpiringClients | null>,
  nowMs: number,
): Check {
  const id = 'certificates';
  const known = machines.ok ? machines.value : [];
  const soon = known.flatMap(({ name, at }) => {
    const days = Math.floor((parseTime(at) - nowMs) / DAY_MS);
    if (parseTime(at) === 0) return [`${name} says ${at}, which is no time`];
    if (days >= SOON_DAYS) return [];
    return [
      days < 0
        ? `${name} ended on ${at.slice(0, 10)}`
        : `${name} ends on ${at.slice(0, 10)}, in ${counted(days, 'day')}`,
    ];
  });
  const asked = clients.ok ? clients.value : null;
  const fine = known.length - soon.length;
  const last =
    fine === 0 ? [] : [`${counted(fine, 'certificate')} ${fine === 1 ? 'lasts' : 'last'} ${SOON_DAYS} days or more`];
  const missing = machines.ok ? [] : [`not looked at: certificates of machines: ${machines.why}`];
  const named = soon.length === 0 ? [] : [some(soon)];
  const evidence = [...named, ...last, ...missing, clientWords(clients)].join('; ');
  if (soon.length > 0 || (asked !== null && asked.requests > 0)) {
    return { id, verdict: 'warn', title: 'Certificates end soon', evidence };
  }
  const isSeen = machines.ok && clients.ok && (asked !== null || known.length > 0);
  const title = isSeen ? 'Certificates last' : 'Certificates not looked at';
  return { id, verdict: isSeen ? 'pass' : 'warn', title, evidence };
}

function clientWords(clients: Seen<ExpiringClients | null>): string {
  if (!clients.ok) return `not looked at: certificates of clients: ${clients.why}`;
  if (clients.value === null) return 'not looked at: certificates of clients: the API server keeps no metric of them';
  const { requests, withinDays } = clients.value;
  return requests === 0
    ? `no client came with a certificate that had less than ${withinDays} days left, since the API server began`
    : `${counted(requests, 'request')} came with a certificate that had less than ${withinDays} days left, since the API server began; renew those that do not renew themselves`;
}
