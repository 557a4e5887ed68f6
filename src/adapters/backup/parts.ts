import type { VaultSettings } from '../../core/backup/vault-settings.ts';
import type { ObjectStore } from '../../core/ports/object-store.ts';
import type { Clock, Digest } from '../../core/ports/runtime.ts';

/** What a vault is made of. */
export interface VaultParts {
  /** Name of the cluster: the first part of every key. */
  readonly cluster: string;
  readonly digest: Pick<Digest, 'of'>;
  readonly clock: Pick<Clock, 'nowMs' | 'nowIso'>;
  readonly main: ObjectStore;
  /** Where static files go; `null`: to all the rest. */
  readonly static: ObjectStore | null;
  readonly settings: VaultSettings;
}

/** The stores of a vault, each once. */
export function storesOf({ main, static: apart }: VaultParts): readonly ObjectStore[] {
  return apart === null ? [main] : [main, apart];
}

/** Until when a store is asked to keep what is put now, as an option of a put. */
export function retentionOf({ clock, settings: { retainMs } }: VaultParts): { readonly retainUntil?: string } {
  return retainMs === null ? {} : { retainUntil: new Date(clock.nowMs() + retainMs).toISOString() };
}
