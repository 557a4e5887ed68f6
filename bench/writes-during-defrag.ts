import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { etcdDefrag } from '../jobs/etcd-defrag/runbook.ts';
import { openEtcdClient } from '../playground/etcd-client.ts';
import { type EtcdRing, startEtcdRing } from '../playground/etcd-ring.ts';
import { fillRing } from '../playground/fill.ts';
import { waitFor } from '../playground/waiting.ts';
import { createDirectEtcd } from '../src/adapters/etcd/direct.ts';
import { systemClock } from '../src/adapters/runtime/system-clock.ts';
import { foldRun, openGate, type RunState } from '../src/core/run-state.ts';
import { type BenchEngine, person, startEngine } from './engine-on-redis.ts';
import { printSides } from './figures.ts';

const FILL = { megabytes: 400, keep: 0.4 };
const WRITE_EVERY_MS = 10;

/** What a client saw while it wrote all the time, to each member in turn. */
interface Writes {
  readonly samples: readonly number[];
  readonly failed: number;
}

/** Writes to all members in turn until `work` is done. Every write is measured from when it was due. */
async function writeDuring(ring: EtcdRing, work: () => Promise<void>): Promise<Writes> {
  const clients = ring.endpoints.map((endpoint) => openEtcdClient(endpoint, ring.tls, 5000));
  const samples: number[] = [];
  let failed = 0;
  const state = { done: false };
  const pending: Promise<void>[] = [];
  const loop = async (): Promise<void> => {
    for (let turn = 0; !state.done; turn += 1) {
      const began = performance.now();
      const client = clients[turn % clients.length];
      const write = client?.put(`/bench/writes/${turn % 50}`, Buffer.from(String(turn))).then(
        () => void samples.push(performance.now() - began),
        () => {
          failed += 1;
        },
      );
      if (write !== undefined) pending.push(write);
      await systemClock.sleep(WRITE_EVERY_MS);
    }
  };
  const writing = loop();
  await work();
  state.done = true;
  await writing;
  await Promise.all(pending);
  for (const client of clients) client.close();
  return { samples, failed };
}

async function defragByDrydock(engine: BenchEngine): Promise<void> {
  const runId = await engine.ask('defrag', 'etcd-defrag', { members: [], all: true, moveLeader: false, pauseMs: 0 });
  const state = async (): Promise<RunState> => {
    const record = await engine.store.read(runId);
    if (record === null) throw new Error(`no run ${runId}`);
    return foldRun(record);
  };
  const ended = await waitFor(
    'the run to end',
    async () => {
      const now = await state();
      const gate = openGate(now);
      if (gate !== null) {
        const vote = {
          runId,
          gate: gate.spec.id,
          hash: gate.hash,
          actor: person,
          verdict: 'approve',
          note: null,
        } as const;
        await engine.desk.vote({ ...vote, idempotencyKey: null });
      }
      return now.ended ?? undefined;
    },
    { timeoutMs: 300_000, everyMs: 100 },
  );
  if (ended.outcome !== 'succeeded')
    throw new Error(`the run ended as ${ended.outcome}: ${ended.reason} ${ended.note}`);
}

async function defragByEtcdctl(ring: EtcdRing): Promise<void> {
  const { ca, cert, key } = ring.tls;
  const args = [
    `--endpoints=${ring.endpoints.join()}`,
    `--cacert=${ca}`,
    `--cert=${cert}`,
    `--key=${key}`,
    '--command-timeout=60s',
    'defrag',
  ];
  await promisify(execFile)('etcdctl', args, { env: { PATH: process.env['PATH'], ETCDCTL_API: '3' } });
}

/** Client writes during Drydock's rolling defragmentation, beside `etcdctl defrag` of all endpoints on data made alike. */
export async function benchWritesDuringDefrag(): Promise<void> {
  const ring = await startEtcdRing({ quotaBytes: 2 * 1024 ** 3 });
  const tls = { ca: readFileSync(ring.tls.ca), cert: readFileSync(ring.tls.cert), key: readFileSync(ring.tls.key) };
  const etcd = createDirectEtcd({ endpoints: ring.endpoints, tls });
  const engine = await startEngine([etcdDefrag], etcd);
  try {
    await fillRing(ring, FILL);
    const ours = await writeDuring(ring, async () => await defragByDrydock(engine));
    await fillRing(ring, FILL);
    const theirs = await writeDuring(ring, async () => await defragByEtcdctl(ring));
    printSides(
      'Client writes during a defragmentation of all three members',
      { name: 'Drydock, leader last', samples: ours.samples },
      { name: 'etcdctl defrag, all endpoints', samples: theirs.samples },
    );
    console.log(`failed writes: Drydock ${ours.failed}, etcdctl ${theirs.failed}`);
  } finally {
    await engine.close();
    await etcd.close();
    await ring.stop();
  }
}
