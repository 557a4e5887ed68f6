import { z } from 'zod';
import type { StoredSnapshot } from '../../src/core/backup/encryption-state.ts';
import { whyTogether } from '../../src/core/backup/keys-apart.ts';
import type { BackupFile } from '../../src/core/backup/manifest.ts';
import { readBackupId } from '../../src/core/backup/names.ts';
import {
  KUBERNETES_FOLDER,
  kubeadmPaths,
  openshiftPaths,
  REVISIONS_FOLDER,
  type StaticPaths,
} from '../../src/core/backup/static-files.ts';
import { formatBytes } from '../../src/core/bytes.ts';
import type { FeedEnd, VaultError, VaultResult } from '../../src/core/ports/backup-vault.ts';
import { defineStep, type StepAnswer, type StepContext } from '../../src/core/step.ts';
import { withNodeShell } from '../steps/node-shell.ts';
import { outputOf, type SnapshotFacts, StaticInput, StaticOutput, TakeOutput } from './input.ts';
import { readPlatform } from './read-platform.ts';
import { feedArchive, namesIn, type ShellOn } from './static-archive.ts';
import { lookAhead, storedIn } from './static-outlook.ts';

/** `tries`: how often it went wrong. `namedAt`: see `TakeOrder`; `null`: as the snapshot. */
const StaticState = z.object({ tries: z.int(), namedAt: z.string().nullable() });
type StaticState = z.infer<typeof StaticState>;
type StaticContext = StepContext<'kubernetes' | 'backups'>;
type StaticAnswer = StepAnswer<StaticState, StaticOutput>;

const AGAIN_MS = 5000;
/** As many workers may have died; a store that goes on saying so is asked no more. */
const MOST_NAMES = 5;
const LIST_LOOKS = 3;

/**
 * Archives the files of the control plane on the node whose member gave the snapshot, into the store. A backup of the data is better than none: where
 * they cannot be had, or would lie beside the data that they open, the backup goes on without them and says why.
 */
export const staticStep = defineStep({
  kind: 'backup.static@1',
  input: StaticInput,
  state: StaticState,
  output: StaticOutput,
  needs: ['kubernetes', 'backups'],
  // It makes a pod and takes it away. Held by a freeze or a window, there would be no backup at all.
  risk: 'read',
  effect: 'a pod that comes and goes',
  timeoutMs: () => 3_600_000,
  retry: { attempts: 3, backoffMs: 5000 },
  describe: ({ image }) =>
    `Open a shell on the node of that member (a privileged pod with ${image}, for the time of this step) and store manifests, certificates and keys of the control plane`,
  items: () => [],
  initial: () => ({ tries: 0, namedAt: null }),
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, input, state) => {
    const { facts } = outputOf(context.outputs, TakeOutput, 'a snapshot');
    const order = { facts, node: facts.member.name, state };
    const why = await obstacle(context, input, order);
    context.signal.throwIfAborted();
    return typeof why === 'string' ? without(why) : await archive(context, input, { ...order, ...why });
  },
  // The vault has read it back.
  verify: async (_context, _input, output) => await Promise.resolve({ kind: 'done', output, note: doneWords(output) }),
});

interface Order {
  readonly facts: SnapshotFacts;
  readonly node: string;
  readonly state: StaticState;
}

/** Looked at right before, and again when the archive has come: what it was when the plan was made may have changed. */
async function obstacle(
  context: StaticContext,
  { image }: StaticInput,
  { facts, node }: Pick<Order, 'facts' | 'node'>,
): Promise<string | { readonly keysFile: string | null }> {
  const { ports, cluster, signal } = context;
  const vault = ports.backups.facts;
  if (vault === null) return 'no store of backups is configured any more';
  // The plan is a record that others can write to; what runs as root on a node is only what this worker is configured for.
  if (cluster.nodeShell?.image !== image)
    return `nodeShell.image of ${cluster.name} was changed after the plan was made`;
  const stored = whyTogether(vault) === null ? [] : await storedBeside(context, facts);
  if (typeof stored === 'string') return stored;
  const { encryption } = await readPlatform(ports.kubernetes, cluster.platform, signal);
  const outlook = await lookAhead(ports.kubernetes, cluster, { vault, encryption, stored, node }, signal);
  return outlook.ok ? { keysFile: outlook.keysFile } : outlook.why;
}

/** The snapshots of the store, this one among them; or why they cannot be told, without a period. */
async function storedBeside(
  context: StaticContext,
  { id, encryptionAtRest }: SnapshotFacts,
): Promise<readonly StoredSnapshot[] | string> {
  const { ports, signal } = context;
  let listed = await ports.backups.list({ signal });
  for (let look = 1; look < LIST_LOOKS && !listed.ok && !signal.aborted; look += 1) {
    await context.pause(AGAIN_MS);
    listed = await ports.backups.list({ signal });
  }
  if (!listed.ok)
    return `the store could not be listed, so it cannot be told whether its snapshots have values that the keys open: ${listed.error.message}`;
  // Of this run: this snapshot, and what attempts before left that died.
  const isOwn = (other: string): boolean => readBackupId(other)?.suffix === readBackupId(id)?.suffix;
  const others = listed.value.filter((each) => each.state !== 'half-written' || !isOwn(each.id));
  return [{ id, encryptionAtRest }, ...storedIn(others)];
}

async function archive(
  context: StaticContext,
  { image }: StaticInput,
  order: Order & { readonly keysFile: string | null },
): Promise<StaticAnswer> {
  const { node } = order;
  await context.progress(`Opening a shell on ${node} for the files of the control plane.`);
  const answer = await withNodeShell(context, { node, image }, async (shell) => {
    const paths = await pathsOn(context, { shell, node }, order.keysFile);
    if (!paths.ok) return paths;
    const still = async (): Promise<FeedEnd> => await stillSo(context, { image }, order);
    return await taken(context, { shell, node }, { ...paths, still }, order);
  });
  context.signal.throwIfAborted();
  // A worker before this one may have left its pod, which is on its way out.
  if (!answer.ok) return onceMore(order, answer.why) ?? without(answer.why);
  const result = answer.value;
  if ('why' in result) return without(result.why);
  if (result.ok) return beside(result.value);
  return again(context, order, result.error) ?? without(result.error.message);
}

/** A shell may take minutes to come, and keys may have come to the node meanwhile. Said before the archive has ended, nothing of it is stored. */
async function stillSo(
  context: StaticContext,
  input: StaticInput,
  order: Order & { readonly keysFile: string | null },
): Promise<FeedEnd> {
  const now = await obstacle(context, input, order);
  if (typeof now === 'string') return { ok: false, why: now };
  if (now.keysFile === order.keysFile) return { ok: true };
  return {
    ok: false,
    why: `the API server on ${order.node} names another file with keys of encryption at rest by now`,
  };
}

async function pathsOn({ cluster }: StaticContext, on: ShellOn, keysFile: string | null): Promise<StaticPaths> {
  const isOpenshift = cluster.platform === 'openshift';
  const listed = await namesIn(on, isOpenshift ? REVISIONS_FOLDER : KUBERNETES_FOLDER);
  if (!listed.ok) return listed;
  return isOpenshift ? openshiftPaths(listed.names) : kubeadmPaths(listed.names, keysFile);
}

async function taken(
  { ports, signal }: StaticContext,
  on: ShellOn,
  { still, ...paths }: Extract<StaticPaths, { ok: true }> & { readonly still: () => Promise<FeedEnd> },
  { facts: { id }, state }: Order,
): Promise<VaultResult<BackupFile>> {
  return await ports.backups.take(
    {
      id,
      role: 'static',
      archiveOf: paths.paths,
      ...(state.namedAt === null ? {} : { namedAt: state.namedAt }),
      feed: async (write, feeding) => {
        const end = await feedArchive(on, paths, write, feeding);
        return end.ok ? await still() : end;
      },
    },
    { signal },
  );
}

/** `null`: it does not help. */
function again(context: StaticContext, order: Order, error: VaultError): StaticAnswer | null {
  // An attempt that died has stored it and told nobody: what lies there is no part of the backup.
  const tries = order.state.tries + 1;
  if (error.store === 'already-there' && tries <= MOST_NAMES)
    return {
      kind: 'again',
      afterMs: 1000,
      state: { tries, namedAt: context.nowIso() },
      note: 'An attempt before left its file.',
    };
  return error.code === 'source-failed' || error.code === 'not-whole' ? onceMore(order, error.message) : null;
}

function onceMore({ node, state }: Order, why: string): StaticAnswer | null {
  if (state.tries > 0) return null;
  const note = `The files of ${node} could not be had (${why.replace(/\.$/, '')}); once more.`;
  return { kind: 'again', afterMs: AGAIN_MS, state: { ...state, tries: state.tries + 1 }, note };
}

function beside(file: BackupFile): StaticAnswer {
  const output: StaticOutput = { taken: 'static', file, snapshotOnly: null };
  return { kind: 'done', output, note: doneWords(output) };
}

function without(why: string): StaticAnswer {
  const output: StaticOutput = { taken: 'static', file: null, snapshotOnly: why.replace(/\.$/, '') };
  return { kind: 'done', output, note: doneWords(output) };
}

function doneWords({ file, snapshotOnly }: StaticOutput): string {
  return file === null
    ? `Warning: the backup will be snapshot only: ${snapshotOnly ?? ''}.`
    : `${file.name}, ${formatBytes(file.contentBytes)}, stored and read back.`;
}
