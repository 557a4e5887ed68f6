import { classifyValue, type ResourceKeys, tallyKeys } from '../../core/backup/registry.ts';
import type { DrillFindings, DrillOrder, ResourceFinding } from '../../core/ports/drill.ts';
import type { EtcdError, EtcdErrorCode, EtcdMember, EtcdPort, EtcdResult } from '../../core/ports/etcd.ts';
import { DrillFailed } from './failed.ts';

/** A restored etcd that answers. */
export interface RunningDrill {
  readonly port: EtcdPort;
  readonly member: EtcdMember;
  readonly signal: AbortSignal;
}

type Looked = Omit<DrillFindings, 'programs'>;

const ALL = { key: '\0', rangeEnd: '\0' } as const;
/** Hashing or counting a database of many gigabytes takes minutes. */
const CALL_MS = 600_000;
const PAGE = 1000;
/** Definite answers of etcd to a write, which depend on nothing but what was restored. */
const REFUSALS: ReadonlySet<EtcdErrorCode> = new Set(['no-space', 'corrupt', 'permission', 'refused']);

/**
 * Looks at everything: disarms the alarms that came along, counts and hashes at the revision of the order, counts keys and samples values by
 * kind, and writes a key.
 *
 * The hash does compare: on etcd 3.4.23 and 3.5.16, with deletions and compacted history, a member and what was restored from its snapshot
 * gave the same hash at a revision, restored by the same minor and by the newer one (test/slow/drill-real.test.ts).
 *
 * @throws DrillFailed when etcd does not answer as it should.
 */
export async function look(drill: RunningDrill, order: DrillOrder): Promise<Looked> {
  const { port, member } = drill;
  const alarmsDisarmed = await disarmAll(drill);
  const newest = value(await port.status(member, call(drill))).revision;
  const asked = BigInt(order.revision);
  order.onProgress?.('The keys are being counted and hashed.');
  const counted = asked > newest ? null : await atRevision(drill, asked);
  // What was compacted away, or never was, cannot be looked at; what is there now can.
  const revision = counted === null ? newest : asked;
  const hashKv = counted === null ? null : await hashAt(drill, asked);
  const kinds = await countKinds(drill, revision, counted);
  order.onProgress?.(`Values of ${kinds.length === 1 ? '1 kind' : `${kinds.length} kinds`} are being looked at.`);
  const providers = new Set<string>();
  const resources: ResourceFinding[] = [];
  for (const kind of kinds) resources.push(await judge(drill, kind, revision, providers));
  order.onProgress?.('A test key is being written and deleted.');
  return {
    revision: String(newest),
    keys: counted,
    hashKv,
    resources,
    encryptionProviders: [...providers].toSorted(),
    alarmsDisarmed,
    tookWrite: await takesWrite(drill, order.id),
  };
}

async function disarmAll(drill: RunningDrill): Promise<number> {
  const alarms = value(await drill.port.alarms(call(drill)));
  for (const alarm of alarms) value(await drill.port.disarm(alarm, call(drill)));
  return alarms.length;
}

/** How many keys there were; `null`: compacted away. */
async function atRevision(drill: RunningDrill, revision: bigint): Promise<number | null> {
  const counted = await drill.port.range({ ...ALL, countOnly: true, revision }, call(drill));
  if (!counted.ok && counted.error.code === 'compacted') return null;
  return Number(value(counted).count);
}

async function hashAt(drill: RunningDrill, revision: bigint): Promise<Looked['hashKv']> {
  const hashed = await drill.port.hash(drill.member, revision, call(drill));
  // At the very revision of a compaction keys can be read and not hashed.
  if (!hashed.ok && hashed.error.code === 'compacted') return null;
  const { hash, compactRevision } = value(hashed);
  return { hash, compactRevision: String(compactRevision), revision: String(revision) };
}

async function countKinds(
  drill: RunningDrill,
  revision: bigint,
  expected: number | null,
): Promise<readonly ResourceKeys[]> {
  const total =
    expected ?? Number(value(await drill.port.range({ ...ALL, countOnly: true, revision }, call(drill))).count);
  const tally = tallyKeys();
  let from: string = ALL.key;
  let seen = 0;
  while (seen < total) {
    const page = value(
      await drill.port.range({ ...ALL, key: from, keysOnly: true, limit: PAGE, revision }, call(drill)),
    );
    const last = page.kvs.at(-1);
    if (last === undefined) break;
    for (const { key } of page.kvs) tally.take(key);
    seen += page.kvs.length;
    from = `${last.key}\0`;
  }
  if (seen === total) return tally.resources();
  // Keys of the registry are text; of others a page that ends with one that is none cannot be continued.
  throw new DrillFailed('failed', `The keys cannot be paged through: ${seen} were seen and ${total} are there`);
}

async function judge(
  drill: RunningDrill,
  { resource, judged, count, sample }: ResourceKeys,
  revision: bigint,
  providers: Set<string>,
): Promise<ResourceFinding> {
  let encrypted = 0;
  let undecodable = 0;
  for (const key of judged ? sample : []) {
    const [found] = value(await drill.port.range({ key, revision }, call(drill))).kvs;
    const classified = classifyValue(found?.value ?? new Uint8Array());
    if (classified.kind === 'encrypted') {
      encrypted += 1;
      providers.add(classified.provider);
    }
    if (classified.kind === 'undecodable') undecodable += 1;
  }
  return { resource, count, sampled: judged ? sample.length : 0, encrypted, undecodable };
}

async function takesWrite(drill: RunningDrill, id: string): Promise<boolean> {
  const key = `drydock/drill/${id}`;
  const written = await drill.port.put(key, new TextEncoder().encode(id), call(drill));
  if (!written.ok) return refusedByEtcd(written.error);
  const deleted = await drill.port.deleteKey(key, call(drill));
  return deleted.ok ? deleted.value.deleted === 1n : refusedByEtcd(deleted.error);
}

/** `false` when etcd said no. @throws DrillFailed `failed` when the answer got lost: that may be this worker's trouble. */
function refusedByEtcd({ code, message }: EtcdError): false {
  if (REFUSALS.has(code)) return false;
  throw new DrillFailed('failed', `Whether the restored etcd takes a write cannot be told: ${message}`);
}

function call({ signal }: RunningDrill): { readonly timeoutMs: number; readonly signal: AbortSignal } {
  return { timeoutMs: CALL_MS, signal };
}

function value<T>(result: EtcdResult<T>): T {
  if (result.ok) return result.value;
  throw new DrillFailed('failed', result.error.message);
}
