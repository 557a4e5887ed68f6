import { setTimeout as delay } from 'node:timers/promises';
import { createFakeEtcd } from '../../fakes/etcd.ts';
import type { RingKind, RingSettings, RingUnderTest } from './ring-under-test.ts';

const MIB = 1024 * 1024;

/** The fake, on a real clock, as small as a new ring. */
export const FAKE: RingKind = {
  name: 'fake',
  version: /^3\.5\.16$/,
  listIsLocal: false,
  way: 'direct',
  opener: null,
  open,
};

async function open(settings: RingSettings = {}): Promise<RingUnderTest> {
  const small = { dbSizeBytes: 20_480, dbSizeInUseBytes: 16_384 };
  const fake = createFakeEtcd({
    members: [small, small, small],
    quotaBytes: (settings.quotaMib ?? 512) * MIB,
    defragMs: 50,
    clock: {
      nowMs: () => performance.now(),
      async sleep(ms, signal) {
        await delay(ms, undefined, signal === undefined ? {} : { signal });
      },
    },
  });
  return await Promise.resolve({
    port: fake.port,
    freeze: async (name) => await Promise.resolve(fake.freeze(name)),
    thaw: async (name) => await Promise.resolve(fake.heal(name)),
    kill: async (name) => await Promise.resolve(fake.kill(name)),
    start: async (name) => await Promise.resolve(fake.heal(name)),
    corrupt: async (name) => await Promise.resolve(fake.raise(name, 'CORRUPT')),
    addLearner: async () => await Promise.resolve(fake.addLearner()),
    place: async (name) => await Promise.resolve(peerUrlOf(name)),
    async startNew(name) {
      const added = fake.ring.members.find(({ peerUrls }) => peerUrls.includes(peerUrlOf(name)));
      if (added === undefined) throw new Error(`${name} was not added`);
      fake.startAdded(added.id, name);
      await Promise.resolve();
    },
    stop: async () => await fake.port.close(),
  });
}

function peerUrlOf(name: string): string {
  return `https://10.0.1.${name.replace(/\D/g, '')}:2380`;
}
