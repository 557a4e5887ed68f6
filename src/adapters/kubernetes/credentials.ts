import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { createSecureContext } from 'node:tls';
import type { KubernetesResult } from '../../core/ports/kubernetes.ts';
import { formatSpan } from '../../core/time.ts';
import { unlessAborted } from './deadline.ts';
import type { TlsMaterial } from './dial.ts';
import { type PluginCredentials, runPlugin } from './exec-plugin.ts';
import { type AccessSource, type Selected, selectAccess, unreadable } from './kubeconfig.ts';
import { answered, failed, textOf } from './outcome.ts';
import type { Redact } from './redact.ts';

/** All that a request needs to reach the server and be somebody there. */
export interface Credentials {
  readonly server: URL;
  /** Proxy that the kubeconfig names; `null`: none there. */
  readonly proxy: string | null;
  readonly tls: TlsMaterial;
  /** `authorization` and impersonation. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  /** For messages. */
  readonly source: string;
  /** Grows whenever they were made anew: says which ones a request was refused with. */
  readonly generation: number;
  /** End of our client certificate, if one is used. */
  readonly certificateEnds: Date | null;
}

/** Where credentials come from. */
export interface CredentialSource {
  /** Those in use; made at first, and again when they run out. */
  current(signal: AbortSignal): Promise<KubernetesResult<Credentials>>;
  /** Makes them anew from the files and the plug-in, unless that happened since `refused` were handed out. */
  renew(refused: Credentials, signal: AbortSignal): Promise<KubernetesResult<Credentials>>;
}

/** Credentials of a plug-in are not used in their last seconds, ms. */
const BEFORE_END = 10_000;

/**
 * Credentials from a kubeconfig or a pod's service account. Making them anew reads everything again: files rotate. Calls that need them
 * at once share one making; it goes on when a call's own time is over, for the sake of the others.
 */
export function createCredentialSource(source: AccessSource, redact: Redact, closed: AbortSignal): CredentialSource {
  let made: Made | null = null;
  let making: Promise<KubernetesResult<null>> | null = null;
  let generation = 0;

  async function make(): Promise<KubernetesResult<null>> {
    const access = await selectAccess(source);
    if (!access.ok) return access;
    const { exec } = access.value;
    const plugin =
      exec === null ? answered(null) : await runPlugin(access.value, exec, source.environment, redact, closed);
    if (!plugin.ok) return plugin;
    made = { access: access.value, plugin: plugin.value, fixed: null };
    generation += 1;
    return answered(null);
  }

  async function makeOnce(signal: AbortSignal): Promise<KubernetesResult<null>> {
    const began = performance.now();
    making ??= make().finally(() => {
      making = null;
    });
    try {
      return await unlessAborted(making, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
      return failed(
        'not-configured',
        `the credentials of ${nameOf(source)} were not there within ${formatSpan(performance.now() - began)}`,
      );
    }
  }

  async function current(signal: AbortSignal): Promise<KubernetesResult<Credentials>> {
    const end = made?.plugin?.expiresAt ?? null;
    if (made === null || (end !== null && end - BEFORE_END <= Date.now())) {
      const result = await makeOnce(signal);
      if (!result.ok) return result;
    }
    if (made === null) return failed('not-configured', 'there are no credentials');
    return present(made, generation, redact);
  }

  return {
    current,
    async renew(refused, signal) {
      if (refused.generation === generation) {
        const result = await makeOnce(signal);
        if (!result.ok) return result;
      }
      return current(signal);
    },
  };
}

function nameOf(source: AccessSource): string {
  if (source.kubeconfig === null) return 'the service account of this pod';
  return `kubeconfig ${source.kubeconfig}${source.context === null ? '' : `, context ${source.context}`}`;
}

/** What was read and run. `fixed`: all but a token that is read from its file before each request; null until first asked for. */
interface Made {
  readonly access: Selected;
  readonly plugin: PluginCredentials | null;
  fixed: Credentials | null;
}

async function present(made: Made, generation: number, redact: Redact): Promise<KubernetesResult<Credentials>> {
  const { access } = made;
  const isFixed = (access.user['auth-provider'] ?? null) === null;
  if (made.fixed === null || !isFixed) {
    const fixed = await fixedPart(made, generation, redact);
    if (!fixed.ok) return fixed;
    made.fixed = fixed.value;
  }
  if (access.tokenFile === null || typeof made.plugin?.token === 'string') return answered(made.fixed);
  const token = await readToken(access.tokenFile, access.source);
  if (!token.ok) return token;
  redact.learn(token.value);
  return answered({ ...made.fixed, headers: { ...made.fixed.headers, authorization: `Bearer ${token.value}` } });
}

async function fixedPart(made: Made, generation: number, redact: Redact): Promise<KubernetesResult<Credentials>> {
  const { access, plugin } = made;
  const options: RequestOptions = {};
  try {
    // The library reads the certificate files and, for OpenID Connect, renews the token. A plug-in is ours.
    await withoutPlugin(access).applyToHTTPSOptions(options);
  } catch (error) {
    return failed('not-configured', `${access.source}: ${redact(fileProblem(error))}`);
  }
  const tls = tlsOf(options, plugin, access);
  const problem = tlsProblem(tls, access);
  if (problem !== null) return failed('not-configured', redact(problem));
  if (tls.key !== undefined) redact.learn(tls.key);
  const authorization = authorizationOf(options, plugin?.token ?? null, access);
  if (authorization !== null) redact.learn(authorization.replace(/^\w+ /, ''));
  return answered({
    server: access.server,
    proxy: access.cluster['proxy-url'] ?? null,
    tls,
    headers: { ...(authorization === null ? {} : { authorization }), ...impersonation(access) },
    source: access.source,
    generation,
    certificateEnds: tls.cert === undefined ? null : validityOf(tls.cert),
  });
}

function withoutPlugin(access: Selected) {
  const { library } = access;
  if (access.exec !== null) library.users = library.users.map((user) => ({ ...user, exec: undefined }));
  return library;
}

async function readToken(file: string, source: string): Promise<KubernetesResult<string>> {
  try {
    const token = (await readFile(file, 'utf8')).trim();
    return token === '' ? failed('not-configured', `${source}: token file ${file} is empty`) : answered(token);
  } catch (error) {
    return failed('not-configured', `${source}: token file ${file} ${unreadable(error)}`);
  }
}

function authorizationOf(options: RequestOptions, token: string | null, access: Selected): string | null {
  if (token !== null) return `Bearer ${token}`;
  const given: unknown = Object.entries(options.headers ?? {}).find(([name]) => name === 'Authorization')?.[1];
  if (typeof given === 'string') return given;
  if (typeof options.auth !== 'string' || access.user['username'] === undefined) return null;
  return `Basic ${Buffer.from(options.auth).toString('base64')}`;
}

/** The library knows `as` only; silently dropping the groups would make us somebody with other rights. */
function impersonation(access: Selected): Record<string, string | string[]> {
  const { user } = access;
  const groups = user['as-groups'] ?? [];
  const extra = Object.entries(user['as-user-extra'] ?? {}).map(([name, values]): [string, string[]] => [
    `impersonate-extra-${encodeURIComponent(name.toLowerCase())}`,
    values,
  ]);
  return {
    ...(user.as === undefined ? {} : { 'impersonate-user': user.as }),
    ...(user['as-uid'] === undefined ? {} : { 'impersonate-uid': user['as-uid'] }),
    ...(groups.length === 0 ? {} : { 'impersonate-group': groups }),
    ...Object.fromEntries(extra),
  };
}

function tlsOf(options: RequestOptions, plugin: PluginCredentials | null, access: Selected): TlsMaterial {
  const ca = pemOf(options.ca);
  const cert = plugin?.certificate ?? pemOf(options.cert);
  const key = plugin?.key ?? pemOf(options.key);
  const name = access.cluster['tls-server-name'];
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(name === undefined ? {} : { servername: name }),
    ...(options.rejectUnauthorized === undefined ? {} : { rejectUnauthorized: options.rejectUnauthorized }),
  };
}

function pemOf(material: unknown): string | undefined {
  if (typeof material === 'string') return material;
  return Buffer.isBuffer(material) ? material.toString('utf8') : undefined;
}

/** End of a certificate; throws if it is none. */
function validityOf(pem: string): Date {
  return new X509Certificate(pem).validToDate;
}

function tlsProblem(tls: TlsMaterial, access: Selected): string | null {
  try {
    if (tls.ca !== undefined) validityOf(tls.ca);
  } catch (error) {
    return `${access.source}: the certificate of the authority is no certificate (${textOf(error)})`;
  }
  try {
    createSecureContext(tls);
    if (tls.cert !== undefined) validityOf(tls.cert);
  } catch (error) {
    return `${access.source}: client certificate and key of user ${access.userName} cannot be used (${textOf(error)})`;
  }
  return null;
}

function fileProblem(error: unknown): string {
  const path = error instanceof Error && 'path' in error ? String(error.path) : '';
  return path === '' ? textOf(error) : `${path} ${unreadable(error)}`;
}
