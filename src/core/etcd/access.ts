import type { EtcdError, EtcdErrorCode } from '../ports/etcd.ts';

const TITLES: Partial<Record<EtcdErrorCode, string>> = {
  permission: 'The cluster refuses Drydock',
  'access-refused': 'The cluster refuses Drydock',
  'access-unusable': 'The access to the cluster cannot be used',
};

/** That a call failed because Drydock was not let in, in a few words without a period; `null`: it failed for another reason. */
export function accessTrouble(error: EtcdError | null): string | null {
  return error === null ? null : (TITLES[error.code] ?? null);
}

/** As {@link accessTrouble}, and that the API server answered in place of the ring; `null`: the ring itself was silent. */
export function wayTrouble(error: EtcdError | null): string | null {
  return accessTrouble(error) ?? (error?.apiRefused === true ? 'The API of the cluster does not take the call' : null);
}

/** What a ring of which nothing could be read is told as: that it does not answer only where that is what was seen. */
export function whyUnseen(error: EtcdError | null): string {
  return `${wayTrouble(error) ?? 'The ring does not answer'}: ${error?.message ?? 'nobody said why'}.`;
}
