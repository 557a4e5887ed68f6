import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import type { KubernetesResult } from '../../core/ports/kubernetes.ts';
import { type ClusterEntry, type ExecEntry, KubeconfigFile, problemsOf, type UserEntry } from './kubeconfig-file.ts';
import { answered, codeOf, failed, textOf } from './outcome.ts';
import type { Environment } from './proxy.ts';

/** One way to one cluster, as a kubeconfig (or the pod that this runs in) names it. Nothing was read or run for it yet. */
export interface Selected {
  /** The library's view of it, with the context selected: certificates, static credentials, OpenID Connect. */
  readonly library: KubeConfig;
  /** For messages: `kubeconfig /etc/drydock/prod.kubeconfig, context prod-admin`. */
  readonly source: string;
  readonly server: URL;
  readonly cluster: ClusterEntry;
  readonly user: UserEntry;
  readonly userName: string;
  /** Folder that relative paths of the file are meant from. */
  readonly folder: string;
  /** File with a token, read again before each request. The library drops kubeconfig's `tokenFile`. */
  readonly tokenFile: string | null;
  readonly exec: ExecEntry | null;
}

/** Where the access to a cluster is described. */
export interface AccessSource {
  /** Path of a kubeconfig; `null`: the service account of the pod that this runs in. */
  readonly kubeconfig: string | null;
  /** Context of the kubeconfig; `null`: its current one. */
  readonly context: string | null;
  readonly environment: Environment;
  /** Where the pod's service account is; Kubernetes' own place by default. */
  readonly serviceAccount: string;
}

/** Reads the description of the access. Every problem is `not-configured`, in words that name file and entry. */
export async function selectAccess(source: AccessSource): Promise<KubernetesResult<Selected>> {
  return source.kubeconfig === null ? selectInCluster(source) : selectFromFile(source.kubeconfig, source.context);
}

async function selectFromFile(file: string, context: string | null): Promise<KubernetesResult<Selected>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    return failed('not-configured', `kubeconfig ${file} ${unreadable(error)}`);
  }
  const { KubeConfig: Library, loadYaml } = await import('@kubernetes/client-node');
  let raw: unknown;
  try {
    raw = loadYaml<unknown>(text);
  } catch (error) {
    // The message of a YAML error shows the lines around it, which may hold a key.
    return failed('not-configured', `kubeconfig ${file} is no YAML: ${textOf(error).split(/ \d+ \|| \(\d+:\d+\)/)[0]}`);
  }
  const parsed = KubeconfigFile.safeParse(raw);
  if (!parsed.success) return failed('not-configured', `kubeconfig ${file}: ${problemsOf(parsed.error)}`);
  const chosen = choose(file, parsed.data, context);
  if (!chosen.ok) return chosen;
  const { name, cluster, user, userName, server } = chosen.value;
  const library = new Library();
  try {
    library.loadFromString(text);
    library.makePathsAbsolute(dirname(file));
    library.setCurrentContext(name);
  } catch (error) {
    return failed('not-configured', `kubeconfig ${file}: ${textOf(error)}`);
  }
  return answered({
    library: allowHttp(library, server),
    source: `kubeconfig ${file}, context ${name}`,
    server,
    cluster,
    user,
    userName,
    folder: dirname(file),
    tokenFile: user.tokenFile === undefined ? null : resolve(dirname(file), user.tokenFile),
    exec: user.exec ?? null,
  });
}

interface Choice {
  readonly name: string;
  readonly cluster: ClusterEntry;
  readonly user: UserEntry;
  readonly userName: string;
  readonly server: URL;
}

function choose(file: string, config: KubeconfigFile, wanted: string | null): KubernetesResult<Choice> {
  const name = wanted ?? config['current-context'] ?? '';
  const contexts = config.contexts ?? [];
  if (name === '') return failed('not-configured', `kubeconfig ${file} has no current-context; name a context`);
  const context = contexts.find((each) => each.name === name)?.context;
  if (context === undefined) {
    const there = contexts.map((each) => each.name).join(', ');
    return failed('not-configured', `kubeconfig ${file} has no context ${name}; it has ${there || 'none'}`);
  }
  const cluster = config.clusters?.find((each) => each.name === context.cluster)?.cluster;
  if (cluster === undefined) {
    return failed(
      'not-configured',
      `kubeconfig ${file}: context ${name} names cluster ${context.cluster}, which is not there`,
    );
  }
  const userName = context.user ?? '';
  const entry = config.users?.find((each) => each.name === userName);
  if (userName !== '' && entry === undefined) {
    return failed('not-configured', `kubeconfig ${file}: context ${name} names user ${userName}, which is not there`);
  }
  const server = URL.parse(cluster.server.includes('://') ? cluster.server : `https://${cluster.server}`);
  if (server === null || !/^https?:$/.test(server.protocol)) {
    return failed(
      'not-configured',
      `kubeconfig ${file}: the server of cluster ${context.cluster} is no http(s) address`,
    );
  }
  const provider = entry?.user?.['auth-provider']?.name;
  if (provider === 'gcp' || provider === 'azure') {
    return failed(
      'not-configured',
      `kubeconfig ${file}: user ${userName} has auth-provider ${provider}, which Kubernetes 1.26 removed; use the exec plug-in of your provider`,
    );
  }
  return answered({ name, cluster, user: entry?.user ?? {}, userName, server });
}

async function selectInCluster(source: AccessSource): Promise<KubernetesResult<Selected>> {
  const { environment, serviceAccount: folder } = source;
  const host = environment['KUBERNETES_SERVICE_HOST'];
  const port = environment['KUBERNETES_SERVICE_PORT'];
  if (host === undefined || host === '' || port === undefined || port === '') {
    return failed(
      'not-configured',
      'no kubeconfig is named and this is no pod of a cluster (KUBERNETES_SERVICE_HOST is not set); set kubeconfig',
    );
  }
  const tokenFile = resolve(folder, 'token');
  const caFile = resolve(folder, 'ca.crt');
  for (const file of [tokenFile, caFile]) {
    try {
      await readFile(file);
    } catch (error) {
      return failed('not-configured', `the pod's service account cannot be used: ${file} ${unreadable(error)}`);
    }
  }
  const { KubeConfig: Library } = await import('@kubernetes/client-node');
  const library = new Library();
  const server = new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}`);
  library.loadFromClusterAndUser(
    { name: 'cluster', server: server.href.replace(/\/$/, ''), caFile, skipTLSVerify: false },
    { name: 'service-account' },
  );
  return answered({
    library,
    source: 'service account of this pod',
    server,
    cluster: { server: server.href },
    user: {},
    userName: 'service-account',
    folder,
    tokenFile,
    exec: null,
  });
}

/** Without TLS there is nothing to verify, but the library wants to be told so. kubectl takes such addresses as they are. */
function allowHttp(library: KubeConfig, server: URL): KubeConfig {
  const cluster = library.getCurrentCluster();
  if (cluster === null || server.protocol === 'https:') return library;
  library.clusters = library.clusters.map((each) => (each === cluster ? { ...each, skipTLSVerify: true } : each));
  return library;
}

/** Words for a file that cannot be read. */
export function unreadable(error: unknown): string {
  switch (codeOf(error)) {
    case 'ENOENT':
      return 'does not exist';
    case 'EACCES':
    case 'EPERM':
      return 'may not be read by this process';
    case 'EISDIR':
      return 'is a folder';
    default:
      return `cannot be read (${textOf(error)})`;
  }
}
