import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { type EtcdRpc, type EtcdTarget, openEtcdRpc, type WatchStream } from './etcd-rpc.ts';
import { StoreError } from './store-error.ts';

/** One key as etcd holds it. */
export interface StoredValue {
  readonly key: string;
  readonly value: Buffer;
  /** Revision of its last change: what becomes `metadata.resourceVersion`. */
  readonly revision: number;
}

/** A part of a range, all at one revision. */
export interface StoredPage {
  readonly values: readonly StoredValue[];
  /** Revision of the whole answer. */
  readonly revision: number;
  readonly more: boolean;
  /** All keys of the range from `start` on, not only those of this page. */
  readonly count: number;
}

/** How a change under a condition ended. */
export type StoredChange =
  | { readonly changed: true; readonly revision: number }
  /** Somebody was faster; what is there now. `null`: nothing. */
  | { readonly changed: false; readonly current: StoredValue | null };

/** What etcd says of one change. `previous` null: the key is new, or its last state is compacted. */
export interface StoredEvent {
  readonly type: 'put' | 'delete';
  readonly key: string;
  readonly value: Buffer;
  readonly previous: StoredValue | null;
  readonly revision: number;
}

/** A range of keys. */
export interface RangeQuery {
  /** First key, included. */
  readonly start: string;
  /** All keys that begin with this; `start` lies among them. */
  readonly prefix: string;
  /** 0: without a limit. */
  readonly limit: number;
  /** 0: the newest. */
  readonly revision: number;
}

/** Keys and values of one etcd. Reads are linearizable. Everything throws {@link StoreError} only. */
export interface ObjectStore {
  get(key: string, deadlineMs: number): Promise<StoredValue | null>;
  range(query: RangeQuery, deadlineMs: number): Promise<StoredPage>;
  /** The newest revision. */
  revision(deadlineMs: number): Promise<number>;
  /** Writes when the key's revision is still `expected`; 0: when it does not exist. */
  put(key: string, value: Buffer, expected: number, deadlineMs: number): Promise<StoredChange>;
  delete(key: string, expected: number, deadlineMs: number): Promise<StoredChange>;
  /** Every change below the prefix from a revision (included) on, until it ends. */
  watch(
    prefix: string,
    from: number,
    on: {
      events(events: readonly StoredEvent[], revision: number): void;
      end(error: StoreError | 'compacted'): void;
    },
  ): WatchStream;
  close(): void;
}

const Revision = z.coerce.number();
const Header = z.object({ revision: Revision });
const Bytes = z.custom<Buffer>((value) => Buffer.isBuffer(value));
const KeyValue = z.object({ key: Bytes, value: Bytes, mod_revision: Revision });
const Range = z.object({
  header: Header.nullable(),
  kvs: z.array(KeyValue),
  more: z.boolean(),
  count: z.coerce.number(),
});
const RangeAnswer = Range.extend({ header: Header });
const Txn = z.object({
  header: Header,
  succeeded: z.boolean(),
  responses: z.array(z.object({ response_range: Range.optional() })),
});
const WatchMessage = z.object({
  header: Header,
  canceled: z.boolean(),
  compact_revision: Revision,
  cancel_reason: z.string(),
  events: z.array(z.object({ type: z.number(), kv: KeyValue, prev_kv: KeyValue.nullable() })),
});

const RETRY_MS = 100;
const EQUAL = 0;
const MOD_REVISION = 2;
const DELETE_EVENT = 1;

/** Opens the store. Nothing is sent before the first call. */
export function openObjectStore(target: EtcdTarget): ObjectStore {
  const rpc = openEtcdRpc(target);
  async function change(key: string, operation: object, expected: number, deadlineMs: number): Promise<StoredChange> {
    const name = Buffer.from(key);
    const request = {
      compare: [{ result: EQUAL, target: MOD_REVISION, key: name, mod_revision: expected }],
      success: [operation],
      failure: [{ request_range: { key: name } }],
    };
    const { header, succeeded, responses } = await rpc.unary('KV/Txn', request, Txn, deadlineMs);
    if (succeeded) return { changed: true, revision: header.revision };
    const found = responses[0]?.response_range?.kvs[0];
    return { changed: false, current: found === undefined ? null : storedValue(found) };
  }
  return {
    async get(key, deadlineMs) {
      const { kvs } = await readRange(rpc, { key: Buffer.from(key) }, deadlineMs);
      return kvs[0] === undefined ? null : storedValue(kvs[0]);
    },
    async range({ start, prefix, limit, revision }, deadlineMs) {
      const request = { key: Buffer.from(start), range_end: endOf(prefix), limit, revision };
      const { header, kvs, more, count } = await readRange(rpc, request, deadlineMs);
      return { values: kvs.map(storedValue), revision: revision === 0 ? header.revision : revision, more, count };
    },
    async revision(deadlineMs) {
      const request = { key: Buffer.from('/registry/'), count_only: true };
      return (await readRange(rpc, request, deadlineMs)).header.revision;
    },
    put: (key, value, expected, deadlineMs) =>
      change(key, { request_put: { key: Buffer.from(key), value } }, expected, deadlineMs),
    delete: (key, expected, deadlineMs) =>
      change(key, { request_delete_range: { key: Buffer.from(key) } }, expected, deadlineMs),
    watch(prefix, from, on) {
      const request = {
        key: Buffer.from(prefix),
        range_end: endOf(prefix),
        start_revision: from,
        progress_notify: true,
        prev_kv: true,
      };
      const stream = rpc.watch(
        request,
        (raw) => {
          const message = WatchMessage.parse(raw);
          if (!message.canceled) on.events(message.events.map(storedEvent), message.header.revision);
          else {
            stream.close();
            on.end('compacted');
          }
        },
        (error) => on.end(error),
      );
      return stream;
    },
    close: () => rpc.close(),
  };
}

/** Reads may be sent again: as the client of a real API server does when a connection breaks. */
async function readRange(rpc: EtcdRpc, request: object, deadlineMs: number): Promise<z.infer<typeof RangeAnswer>> {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    try {
      return await rpc.unary('KV/Range', request, RangeAnswer, Math.max(1, deadline - Date.now()));
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== 'unavailable') throw error;
      if (Date.now() + RETRY_MS > deadline) throw new StoreError('deadline', 'context deadline exceeded');
      await delay(RETRY_MS);
    }
  }
}

function storedValue(found: z.infer<typeof KeyValue>): StoredValue {
  return { key: found.key.toString(), value: found.value, revision: found.mod_revision };
}

function storedEvent(event: z.infer<typeof WatchMessage>['events'][number]): StoredEvent {
  return {
    type: event.type === DELETE_EVENT ? 'delete' : 'put',
    key: event.kv.key.toString(),
    value: event.kv.value,
    previous: event.prev_kv === null ? null : storedValue(event.prev_kv),
    revision: event.kv.mod_revision,
  };
}

/** The first key after all that begin with the prefix: its last byte, counted up. */
function endOf(prefix: string): Buffer {
  const end = Buffer.from(prefix);
  end[end.length - 1] = (end[end.length - 1] ?? 0) + 1;
  return end;
}
