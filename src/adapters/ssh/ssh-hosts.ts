import { readFile } from 'node:fs/promises';
import type { HostCall, HostErrorCode, HostFacts, HostPort, HostResult } from '../../core/ports/hosts.ts';
import type { ExecOutcome } from '../../core/ports/kubernetes.ts';
import { withoutSecrets } from '../../core/secrets.ts';
import { limitsOf } from './call-limits.ts';
import { knownHost } from './known-hosts.ts';
import { privateKeyOf } from './private-key.ts';
import { commandLine } from './quote.ts';
import { whyNotStarted, withRights } from './rights.ts';
import { runOnce } from './run-once.ts';

/** How hosts of a bare ring are reached. */
export interface SshSettings {
  /** Who logs in. Anybody but root needs `sudo` without a password for the programs of the runbooks. */
  readonly user: string;
  /** Path of a private key without a passphrase. Read anew for each call. */
  readonly key: string;
  /** Path of a file that pins the host keys, as of OpenSSH. Read anew for each call; nothing is ever added to it. */
  readonly knownHosts: string;
  /** Default 22. */
  readonly port?: number;
  readonly facts: HostFacts;
}

/** More output than this is `too-large` unless the call says otherwise, bytes. */
const MOST_OUTPUT = 4 << 20;

/**
 * Access to hosts by ssh: one connection a call, one program a connection, never sent twice. Host keys are pinned, only the key file logs
 * in, and neither agent nor port is forwarded.
 */
export function createSshHosts(settings: SshSettings): HostPort {
  const closing = new AbortController();
  return {
    facts: settings.facts,
    async run(host, argv, call) {
      const result = await run(settings, host, argv, call, closing.signal);
      if (result.ok) return result;
      const { code, message } = result.error;
      // Servers and programs choose these words.
      const text = withoutSecrets(`${argv[0] ?? 'nothing'} on ${host}: ${message}`);
      return { ok: false, error: { code, message: text } };
    },
    async close() {
      closing.abort();
      await Promise.resolve();
    },
  };
}

async function run(
  settings: SshSettings,
  host: string,
  argv: readonly string[],
  call: HostCall,
  closed: AbortSignal,
): Promise<HostResult<ExecOutcome>> {
  if (argv.length === 0 || argv[0] === '') return failed('refused', 'there is no program to run');
  if (argv.some((each) => each.includes('\0'))) return failed('refused', 'an argument holds a NUL; nothing was run');
  const name = host.replace(/^\[(.*)\]$/, '$1');
  const { port = 22, user } = settings;
  const limits = limitsOf(call, closed);
  try {
    const files = await readFiles(settings);
    if (!files.ok) return files;
    const known = knownHost(files.value.knownHosts, name, port);
    if (known.keys.length === 0)
      return failed('key-changed', `no key of this host is pinned in ${settings.knownHosts}; nothing was run`);
    const over = limits.over('connecting');
    if (over !== null) return { ok: false, error: over };
    const ended = await runOnce(
      { host: name, port, user, privateKey: files.value.key, known },
      { command: commandLine(withRights(argv, user)), stdin: call.stdin, maxBytes: call.maxBytes ?? MOST_OUTPUT },
      limits,
    );
    if (!ended.ok) return ended;
    const why = whyNotStarted(ended.value);
    return why === null ? ended : failed('refused', `${why}; nothing was run`);
  } finally {
    limits.clear();
  }
}

async function readFiles(
  settings: SshSettings,
): Promise<HostResult<{ readonly key: string; readonly knownHosts: string }>> {
  const [key, knownHosts] = await Promise.all([readOrNull(settings.key), readOrNull(settings.knownHosts)]);
  if (key === null) return failed('not-configured', `the key file ${settings.key} cannot be read`);
  if (knownHosts === null)
    return failed('not-configured', `the file of known hosts ${settings.knownHosts} cannot be read`);
  const usable = privateKeyOf(key);
  if (!usable.ok) return failed('not-configured', `the key file ${settings.key} cannot be used: ${usable.why}`);
  return { ok: true, value: { key, knownHosts } };
}

async function readOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return null;
  }
}

function failed(
  code: HostErrorCode,
  message: string,
): { readonly ok: false; readonly error: { code: HostErrorCode; message: string } } {
  return { ok: false, error: { code, message } };
}
