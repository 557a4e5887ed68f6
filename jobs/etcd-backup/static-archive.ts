import type { StaticPaths } from '../../src/core/backup/static-files.ts';
import { formatBytes } from '../../src/core/bytes.ts';
import type { FeedEnd } from '../../src/core/ports/backup-vault.ts';
import type { NodeShell } from '../steps/node-shell.ts';

/** A node shell, and whose. */
export interface ShellOn {
  readonly shell: NodeShell;
  readonly node: string;
}

/** Paths of an archive, from this folder on. */
type Paths = Extract<StaticPaths, { ok: true }>;

const LIST_MS = 30_000;
const ARCHIVE_MS = 5 * 60_000;
/** The files of a control plane have some MB. What is longer is something else. */
const MOST_BYTES = 64 * 1024 * 1024;
const MOST_WORDS = 200;

/** The names in a folder of the node, or why they could not be listed, without a period. */
export async function namesIn(
  { shell, node }: ShellOn,
  folder: string,
): Promise<{ readonly ok: true; readonly names: readonly string[] } | { readonly ok: false; readonly why: string }> {
  const listed = await shell.run(['ls', '-1', folder], { timeoutMs: LIST_MS });
  if (!listed.ok) return { ok: false, why: listed.error.message };
  const { exitCode, stdout, stderr } = listed.value;
  if (exitCode !== 0) return { ok: false, why: `ls of ${folder} on ${node} ended with ${exitCode}${saidBy(stderr)}` };
  return { ok: true, names: new TextDecoder().decode(stdout).split('\n').filter(Boolean) };
}

/** Archives paths of the node into `write`, piece by piece, compressed on the node. Nothing of the content is in any word of it. */
export async function feedArchive(
  { shell, node }: ShellOn,
  { folder, paths }: Paths,
  write: (bytes: Uint8Array) => Promise<void>,
  signal: AbortSignal,
): Promise<FeedEnd> {
  const argv = ['tar', '-c', '-z', '-f', '-', '-C', folder, ...paths];
  let bytes = 0;
  const overflow = new AbortController();
  const limits = { timeoutMs: ARCHIVE_MS, signal: AbortSignal.any([signal, overflow.signal]) };
  const ended = await shell.stream(argv, limits, async (piece) => {
    bytes += piece.length;
    if (bytes > MOST_BYTES) overflow.abort();
    else await write(piece);
  });
  if (bytes > MOST_BYTES) return { ok: false, why: `tar on ${node} wrote more than ${formatBytes(MOST_BYTES)}` };
  if (!ended.ok) return { ok: false, why: ended.error.message };
  const { exitCode, stderr } = ended.value;
  return exitCode === 0 ? { ok: true } : { ok: false, why: `tar on ${node} ended with ${exitCode}${saidBy(stderr)}` };
}

/** What a program said about itself, the first line of it. Other lines may be anything, and are not repeated. */
function saidBy(stderr: Uint8Array): string {
  const own = new TextDecoder()
    .decode(stderr)
    .split('\n')
    .find((line) => /^(?:[\w/]*\/)?(?:ls|tar|gzip|chroot): /.test(line));
  const words = (own ?? '').replaceAll(/[^\x20-\x7e\u00a0-\uffff]/g, ' ').trim();
  return words === '' ? '' : `: ${words.slice(0, MOST_WORDS).replace(/\.$/, '')}`;
}
