import { spawn } from 'node:child_process';
import { expect } from 'vitest';
import type { RingCertificates } from '../../playground/certificates.ts';
import { POLL } from './scripted-api.ts';

/** A TLS server that says in an alert why it refuses a client, as Go and load balancers do. Node's closes without a word. */
export interface StrictTlsServer {
  /** `https://127.0.0.1:PORT`. */
  readonly server: string;
  close(): Promise<void>;
}

/** Starts it. With TLS 1.3 the alert comes after the handshake, with 1.2 within. */
export async function startStrictTlsServer(
  { server: { ca, cert, key } }: RingCertificates,
  version: '1_2' | '1_3' = '1_3',
): Promise<StrictTlsServer> {
  const files = ['-cert', cert, '-key', key, '-CAfile', ca];
  const strict = ['-Verify', '1', '-verify_return_error', '-www', `-tls${version}`];
  const child = spawn('openssl', ['s_server', '-accept', '127.0.0.1:0', ...files, ...strict]);
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  await expect.poll(() => said, POLL).toMatch(/ACCEPT 127\.0\.0\.1:\d+/);
  return {
    server: `https://127.0.0.1:${/ACCEPT 127\.0\.0\.1:(\d+)/.exec(said)?.[1]}`,
    async close() {
      child.kill('SIGKILL');
    },
  };
}
