import { createHash } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { waitFor } from '../../../playground/waiting.ts';
import { createDirectEtcd } from '../../../src/adapters/etcd/direct.ts';
import type { EtcdResult, EtcdSnapshot } from '../../../src/core/ports/etcd.ts';
import {
  type HostileSnapshots,
  type SnapshotMessage,
  startHostileSnapshots,
} from '../../support/hostile-etcd-snapshots.ts';

const DATABASE = Buffer.alloc(1024, 'x');
const HASH = createHash('sha256').update(DATABASE).digest();
const FIRST = { remaining_bytes: 512, blob: DATABASE.subarray(0, 512) };
const SECOND = { remaining_bytes: 0, blob: DATABASE.subarray(512) };
const LAST = { remaining_bytes: 0, blob: HASH };

const endings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

async function streamed(
  messages: readonly SnapshotMessage[],
  { end = true, id = '7' }: { readonly end?: boolean; readonly id?: string } = {},
): Promise<{ readonly result: EtcdResult<EtcdSnapshot>; readonly bytes: number; readonly server: HostileSnapshots }> {
  const server = await startHostileSnapshots(messages, { end });
  const port = createDirectEtcd({ endpoints: [server.endpoint] });
  endings.push(async () => {
    await port.close();
    server.stop();
  });
  const member = { id, name: 'm-1', peerUrls: [], clientUrls: [server.endpoint], isLearner: false };
  let bytes = 0;
  const result = await port.snapshot(
    member,
    async (chunk) => {
      bytes += chunk.bytes.length;
      await Promise.resolve();
    },
    { timeoutMs: 60_000, stallMs: end ? 60_000 : 300 },
  );
  return { result, bytes, server };
}

function failure(code: string, message: RegExp): object {
  return { ok: false, error: { code, message: expect.stringMatching(message) } };
}

test('a stream that keeps to the order is a snapshot', async () => {
  const { result, bytes } = await streamed([FIRST, SECOND, LAST]);

  expect(result).toEqual({ ok: true, value: { sizeBytes: 1056 } });
  expect(bytes).toBe(1056);
});

test('one that sends empty messages without end is stalled, and is ended', async () => {
  const { result, bytes, server } = await streamed([FIRST], { end: false });

  expect(result).toEqual(
    failure('stalled', /^Snapshot of member m-1 \(7\) at .*: no further bytes for 300 ms; 512 B of 1\.0 KiB had come$/),
  );
  expect(bytes).toBe(512);
  await waitFor('the server to see its end', async () => await Promise.resolve(server.open() === 0));
});

test.each([
  ['nothing at all', [], /ended it before it was whole; nothing had come$/],
  ['no end', [FIRST], /ended it before it was whole; 512 B of 1\.0 KiB had come$/],
  ['no hash', [FIRST, SECOND], /ended it before it was whole/],
  [
    'a part left out',
    [{ ...FIRST, remaining_bytes: 1024 }, SECOND, LAST],
    /not in order: 0 bytes are said to be left, not 512/,
  ],
  [
    'a hash that is cut',
    [FIRST, SECOND, { ...LAST, blob: HASH.subarray(1) }],
    /31 bytes came where its hash of 32 should be/,
  ],
  ['something after its hash', [FIRST, SECOND, LAST, FIRST], /bytes came after its hash/],
  ['half a page', [{ remaining_bytes: 0, blob: DATABASE.subarray(0, 700) }, LAST], /its 700 bytes are no database/],
])('with %s it is incomplete', async (_name, messages, words) => {
  const { result } = await streamed(messages);

  expect(result).toEqual(failure('incomplete', words));
});

test('another member gives no snapshot', async () => {
  const { result, bytes } = await streamed([FIRST, SECOND, LAST], { id: '8' });

  expect(result).toEqual(failure('wrong-member', /member 7 answered there/));
  expect(bytes).toBe(0);
});
