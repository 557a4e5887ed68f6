import { spawn } from 'node:child_process';
import { isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import type { KubernetesResult } from '../../core/ports/kubernetes.ts';
import type { Selected } from './kubeconfig.ts';
import type { ExecEntry } from './kubeconfig-file.ts';
import { answered, codeOf, failed, textOf } from './outcome.ts';
import type { Environment } from './proxy.ts';
import type { Redact } from './redact.ts';

/** What a plug-in gave. */
export interface PluginCredentials {
  readonly token: string | null;
  readonly certificate: string | null;
  readonly key: string | null;
  /** ms since 1970; `null`: they do not end. */
  readonly expiresAt: number | null;
}

const VERSIONS = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];

/** Most time for a plug-in, ms. */
const PLUGIN_MS = 60_000;
/** Most bytes that are kept of each of its outputs. */
const MOST_OUTPUT = 1 << 20;
/** Variables of this process that no plug-in has a use for. */
const WITHHELD = new Set(['SLACK_BOT_TOKEN', 'SLACK_SIGNING_SECRET', 'SLACK_APP_TOKEN', 'REDIS_URL']);

const Credential = z.object({
  apiVersion: z.string(),
  kind: z.literal('ExecCredential'),
  status: z.object({
    token: z.string().optional(),
    clientCertificateData: z.string().optional(),
    clientKeyData: z.string().optional(),
    expirationTimestamp: z.string().nullish(),
  }),
});

/**
 * Runs the exec plug-in of a kubeconfig's user and reads what it prints. The library's own runner gives no
 * `KUBERNETES_EXEC_INFO`, has no time limit, and cannot be asked for fresh credentials, so this is ours.
 * Source: Kubernetes, "client-go credential plugins"; API group client.authentication.k8s.io.
 */
export async function runPlugin(
  access: Selected,
  exec: ExecEntry,
  environment: Environment,
  redact: Redact,
  signal: AbortSignal,
): Promise<KubernetesResult<PluginCredentials>> {
  const who = `exec plug-in ${exec.command} of user ${access.userName} (${access.source})`;
  const apiVersion = exec.apiVersion ?? 'client.authentication.k8s.io/v1beta1';
  if (!VERSIONS.includes(apiVersion)) {
    return failed('not-configured', `${who}: apiVersion ${apiVersion} is not known; use ${VERSIONS.join(' or ')}`);
  }
  if (exec.interactiveMode === 'Always') {
    return failed('not-configured', `${who} wants to ask a person (interactiveMode Always); nobody is here to answer`);
  }
  const ran = await run(access, exec, pluginEnvironment(access, exec, apiVersion, environment), signal);
  for (const { name, value } of exec.env ?? []) if (/token|secret|password|key/i.test(name)) redact.learn(value);
  if (ran.problem !== null) {
    const said = redact(ran.stderr).trim().slice(-400);
    const hint = exec.installHint === undefined || !ran.missing ? '' : `; ${exec.installHint.trim()}`;
    return failed('not-configured', `${who} ${ran.problem}${said === '' ? '' : `: ${said}`}${hint}`);
  }
  return readCredential(ran.stdout, apiVersion, who, redact);
}

function readCredential(
  stdout: string,
  apiVersion: string,
  who: string,
  redact: Redact,
): KubernetesResult<PluginCredentials> {
  let raw: unknown;
  try {
    raw = JSON.parse(stdout);
  } catch {
    return failed('not-configured', `${who} printed something that is no JSON`);
  }
  const parsed = Credential.safeParse(raw);
  if (!parsed.success)
    return failed('not-configured', `${who} printed something that is no ExecCredential with a status`);
  const { apiVersion: given, status } = parsed.data;
  if (given !== apiVersion) return failed('not-configured', `${who} answered in ${given}, asked was ${apiVersion}`);
  for (const secret of [status.token, status.clientKeyData]) if (secret !== undefined) redact.learn(secret);
  const half = (status.clientCertificateData === undefined) !== (status.clientKeyData === undefined);
  if (half || (status.token === undefined && status.clientCertificateData === undefined)) {
    return failed('not-configured', `${who} gave neither a token nor a certificate with its key`);
  }
  const end = Date.parse(status.expirationTimestamp ?? '');
  return answered({
    token: status.token ?? null,
    certificate: status.clientCertificateData ?? null,
    key: status.clientKeyData ?? null,
    expiresAt: Number.isNaN(end) ? null : end,
  });
}

function pluginEnvironment(
  access: Selected,
  exec: ExecEntry,
  apiVersion: string,
  environment: Environment,
): Record<string, string> {
  const { cluster } = access;
  const config = cluster.extensions?.find((each) => each.name === 'client.authentication.k8s.io/exec')?.extension;
  const info = {
    server: cluster.server,
    'tls-server-name': cluster['tls-server-name'],
    'insecure-skip-tls-verify': cluster['insecure-skip-tls-verify'],
    'certificate-authority-data': cluster['certificate-authority-data'],
    'proxy-url': cluster['proxy-url'],
    config,
  };
  const spec = { interactive: false, ...(exec.provideClusterInfo === true ? { cluster: info } : {}) };
  const own = Object.entries(environment).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !WITHHELD.has(entry[0]),
  );
  return {
    ...Object.fromEntries(own),
    ...Object.fromEntries((exec.env ?? []).map(({ name, value }) => [name, value])),
    KUBERNETES_EXEC_INFO: JSON.stringify({ apiVersion, kind: 'ExecCredential', spec }),
  };
}

interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  /** What went wrong; `null`: nothing. */
  readonly problem: string | null;
  /** The program is not there. */
  readonly missing: boolean;
}

function run(access: Selected, exec: ExecEntry, env: Record<string, string>, signal: AbortSignal): Promise<Ran> {
  const { promise, resolve: settle } = Promise.withResolvers<Ran>();
  // As kubectl: a command with a slash is meant from the kubeconfig's folder, one without is looked up in PATH.
  const command =
    exec.command.includes('/') && !isAbsolute(exec.command) ? resolve(access.folder, exec.command) : exec.command;
  const time = AbortSignal.timeout(PLUGIN_MS);
  const limit = AbortSignal.any([signal, time]);
  const child = spawn(command, exec.args ?? [], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: limit,
    killSignal: 'SIGKILL',
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => keep(out, chunk));
  child.stderr.on('data', (chunk: Buffer) => keep(err, chunk));
  function finish(problem: string | null, missing = false): void {
    // A grandchild may hold the pipes open: what it would say later is not waited for.
    child.stdout.destroy();
    child.stderr.destroy();
    settle({ stdout: text(out), stderr: text(err), problem, missing });
  }
  function ended(): string {
    return time.aborted ? `did not answer within ${PLUGIN_MS / 1000} s` : 'was stopped before it answered';
  }
  child.once('error', (error) => {
    const code = codeOf(error);
    if (code === 'ENOENT') return finish(`is not installed (${command} is not found)`, true);
    if (code === 'EACCES') return finish(`may not be run by this process (${command})`);
    finish(limit.aborted ? ended() : `does not start: ${textOf(error)}`);
  });
  child.once('close', (code, killer) => {
    if (limit.aborted) return finish(ended());
    if (code === 0) return finish(null);
    finish(code === null ? `was killed by ${killer ?? 'a signal'}` : `failed with exit code ${code}`);
  });
  return promise;
}

function keep(chunks: Buffer[], chunk: Buffer): void {
  const have = chunks.reduce((sum, each) => sum + each.length, 0);
  if (have < MOST_OUTPUT) chunks.push(chunk.subarray(0, MOST_OUTPUT - have));
}

function text(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString('utf8');
}
