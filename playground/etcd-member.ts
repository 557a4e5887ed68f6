import { readFileSync } from 'node:fs';
import { get } from 'node:https';
import type { RingCertificates, TlsFiles } from './certificates.ts';
import { type RunningProcess, startProcess } from './processes.ts';

/** Where a member of a playground ring lives; fixed for its life. */
export interface MemberPlace {
  /** `m-1`, `m-2`, … */
  readonly name: string;
  readonly clientUrl: string;
  readonly peerUrl: string;
  readonly dataDirectory: string;
}

/** One real etcd process of a playground ring. */
export interface EtcdMember extends MemberPlace {
  /** Process id; undefined while it is down. */
  pid(): number | undefined;
  /** Last lines it wrote. */
  output(): string;
  /** Freezes it (SIGSTOP): connections stay, nothing answers. */
  pause(): void;
  /** Lets a frozen member go on (SIGCONT). */
  resume(): void;
  /** SIGKILL. The data stay. */
  kill(): Promise<void>;
  /** Orderly stop. The data stay. */
  stop(): Promise<void>;
  /** Starts it again after kill or stop; does nothing while it runs. Does not wait for health. */
  start(): Promise<void>;
  /** Whether a linearizable read through this member works now (its `/health`). */
  healthy(): Promise<boolean>;
}

/** What all members of a ring share. */
export interface MemberSettings {
  readonly binary: string;
  readonly directory: string;
  readonly certificates: RingCertificates;
  readonly quotaBytes: number;
  readonly token: string;
  readonly initialCluster: string;
  readonly args: readonly string[];
}

/** Starts one member and returns its controls. Resolves when the process runs, before it is healthy. */
export async function startMember(place: MemberPlace, settings: MemberSettings): Promise<EtcdMember> {
  let server = await launch(place, settings);
  function running(): boolean {
    return server.end() === undefined;
  }
  return {
    ...place,
    pid: () => (running() ? server.pid : undefined),
    output: () => server.output(),
    pause: () => server.signal('SIGSTOP'),
    resume: () => server.signal('SIGCONT'),
    async kill() {
      await server.kill();
    },
    async stop() {
      await server.stop(10_000);
    },
    async start() {
      if (!running()) server = await launch(place, settings);
    },
    healthy: () => (running() ? answersHealthy(place.clientUrl, settings.certificates.client) : Promise.resolve(false)),
  };
}

function launch(place: MemberPlace, settings: MemberSettings): Promise<RunningProcess> {
  const { server } = settings.certificates;
  return startProcess({
    name: place.name,
    command: settings.binary,
    cwd: settings.directory,
    removeWhenOrphaned: [settings.directory],
    args: [
      `--name=${place.name}`,
      `--data-dir=${place.dataDirectory}`,
      `--listen-client-urls=${place.clientUrl}`,
      `--advertise-client-urls=${place.clientUrl}`,
      `--listen-peer-urls=${place.peerUrl}`,
      `--initial-advertise-peer-urls=${place.peerUrl}`,
      `--initial-cluster=${settings.initialCluster}`,
      `--initial-cluster-token=${settings.token}`,

      '--client-cert-auth',
      `--trusted-ca-file=${server.ca}`,
      `--cert-file=${server.cert}`,
      `--key-file=${server.key}`,

      '--peer-client-cert-auth',
      `--peer-trusted-ca-file=${server.ca}`,
      `--peer-cert-file=${server.cert}`,
      `--peer-key-file=${server.key}`,
      `--quota-backend-bytes=${settings.quotaBytes}`,
      // Slower than the defaults (100, 1000): a small busy machine must not change leaders by itself.
      '--heartbeat-interval=200',
      '--election-timeout=2000',
      '--snapshot-count=1000',
      '--max-wals=1',
      '--logger=zap',
      '--log-level=warn',
      '--log-outputs=stderr',
      ...settings.args,
    ],
  });
}

/** Whether a linearizable read through the member at this address works now; at most 2 s. */
export function answersHealthy(clientUrl: string, tls: TlsFiles): Promise<boolean> {
  return new Promise((resolve) => {
    const options = {
      ca: readFileSync(tls.ca),
      cert: readFileSync(tls.cert),
      key: readFileSync(tls.key),
      agent: false as const,
      timeout: 2_000,
    };
    const request = get(`${clientUrl}/health`, options, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode === 200));
      response.once('error', () => resolve(false));
    });
    request.once('timeout', () => request.destroy(new Error('no answer')));
    request.once('error', () => resolve(false));
  });
}
