import type { Check } from '../../plan.ts';
import { formatSpan, parseTime, timeInWords } from '../../time.ts';

/** A certificate that ends sooner is told, ms. */
const NEAR_END_MS = 14 * 24 * 3_600_000;

/** Annotation by which OpenShift tells when the certificate of a Secret ends. Source: library-go, `pkg/operator/certrotation`. */
export const NOT_AFTER = 'auth.openshift.io/certificate-not-after';

/** When one certificate of etcd ends, or why that was not read. */
export interface CertificateSeen {
  /** Whose it is: `cp-1`, `Secret etcd-peer-cp-1`. */
  readonly of: string;
  /** ISO; `null`: not read. */
  readonly end: string | null;
  /** Why it was not read, without a period; empty with `end`. */
  readonly why: string;
  /** Nothing of the ring goes through it: that of the metrics beside it. */
  readonly beside?: boolean;
}

/**
 * The check of a plan that tells of certificates. What was not read is said so and never passes; those with which the members speak to each other
 * are read only where Secrets tell of them.
 */
export function certificatesCheck(seen: readonly CertificateSeen[], nowMs: number): Check {
  const read = seen
    .flatMap(({ of, end, beside = false }) =>
      end === null ? [] : [{ of, end, beside, leftMs: parseTime(end) - nowMs }],
    )
    .toSorted((a, b) => a.leftMs - b.leftMs);
  const unread = unreadWords(seen.filter(({ end }) => end === null));
  const near = read.filter(({ leftMs }) => leftMs < NEAR_END_MS);
  const [first] = read;
  const words =
    near.length > 0 ? near.map(endWords) : first === undefined ? [] : [`the first to end: ${endWords(first)}`];
  const evidence = [...words, ...unread].join('; ');
  const over = near.filter(({ leftMs }) => leftMs <= 0);
  if (over.some(({ beside }) => !beside))
    return {
      id: 'certificates',
      verdict: 'block',
      title: 'A certificate of another member has expired',
      evidence: `${evidence}. Renew it first: a new member cannot join through it`,
    };
  if (over.length > 0)
    return {
      id: 'certificates',
      verdict: 'warn',
      title: 'A certificate of the metrics of another member has expired',
      evidence: `${evidence}. The ring does not need it`,
    };
  if (near.length > 0)
    return { id: 'certificates', verdict: 'warn', title: 'A certificate of another member ends soon', evidence };
  if (unread.length > 0 || first === undefined)
    return {
      id: 'certificates',
      verdict: 'warn',
      title: first === undefined ? 'Certificates were not read' : 'Not all certificates were read',
      evidence: evidence === '' ? 'nobody shows one' : evidence,
    };
  return {
    id: 'certificates',
    verdict: 'pass',
    title: `${read.length} certificates of the other members are valid`,
    evidence: `${evidence}${read.some(({ of }) => of.startsWith('Secret ')) ? '' : '; those that members show to each other are not read'}`,
  };
}

function endWords({ of, end, leftMs }: { readonly of: string; readonly end: string; readonly leftMs: number }): string {
  const at = end.endsWith('Z') ? timeInWords(end) : end;
  if (leftMs <= 0) return `${of} has expired at ${at}`;
  const days = Math.floor(leftMs / 86_400_000);
  return `${of} at ${at} (in ${days >= 2 ? `${days} days` : formatSpan(leftMs)})`;
}

/** Those that were not read for the same reason together. */
function unreadWords(unread: readonly CertificateSeen[]): readonly string[] {
  return [...new Set(unread.map(({ why }) => why))].map((why) => {
    const whose = unread.filter((each) => each.why === why).map(({ of }) => of);
    return `${whose.join(', ')}: not read, ${why}`;
  });
}
