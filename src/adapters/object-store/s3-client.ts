import { Agent as PlainAgent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import type * as Sdk from '@aws-sdk/client-s3';
import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3';
import type { S3Place } from '../../core/s3-place.ts';
import { readAccessKeys } from './credentials-file.ts';
import { noProxyForNode } from './no-proxy.ts';

/** What an S3 store needs of its process. */
export interface S3Process {
  /** For proxies (`HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`) and the default region. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly nowMs: () => number;
  /** How often a call is tried. Default 3. */
  readonly attempts?: number;
  /** Limit of one call without content, and of standing still while content passes, ms. Default 15,000. */
  readonly patienceMs?: number;
}

/** The SDK, loaded when it is first needed: processes without a bucket do not pay for it. */
export type S3Sdk = typeof Sdk;

/** A client with the SDK it is of. */
export interface S3Access {
  readonly sdk: S3Sdk;
  readonly client: S3Client;
}

/** Default of `patienceMs`. */
export const PATIENCE_MS = 15_000;

/** Makes a client. Opens no connection and reads no credentials yet. */
export async function openS3(
  settings: S3Place,
  { env, nowMs, attempts = 3, patienceMs }: S3Process,
): Promise<S3Access> {
  const sdk = await import('@aws-sdk/client-s3');
  const { endpoint, credentialsFile } = settings;
  const region = settings.region ?? (endpoint === null ? null : (env['AWS_REGION'] ?? 'us-east-1'));
  const connections = { keepAlive: true, proxyEnv: proxiesOf(env) };
  const config: S3ClientConfig = {
    maxAttempts: attempts,
    retryMode: 'standard',
    forcePathStyle: settings.forcePathStyle,
    // Checksums are asked for where they are wanted; many compatible servers do not know those that the SDK would add to everything.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      httpAgent: new PlainAgent(connections),
      httpsAgent: new SecureAgent(connections),
      socketTimeout: patienceMs ?? PATIENCE_MS,
    },
    ...(region === null ? {} : { region }),
    ...(endpoint === null ? {} : { endpoint }),
    ...(credentialsFile === null ? {} : { credentials: async () => await readAccessKeys(credentialsFile, nowMs()) }),
  };
  return { sdk, client: new sdk.S3Client(config) };
}

const PROXY_NAMES = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'] as const;

function proxiesOf(env: S3Process['env']): Record<string, string> {
  return Object.fromEntries(
    PROXY_NAMES.flatMap((name) => {
      const value = env[name];
      if (value === undefined) return [];
      return [[name, name.toLowerCase() === 'no_proxy' ? noProxyForNode(value) : value]];
    }),
  );
}
