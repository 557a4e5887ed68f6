import { fileURLToPath } from 'node:url';
import { status as Code, Server, ServerCredentials } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

/** Something that answers where etcd should. */
export interface HostileEtcd {
  readonly endpoint: string;
  /** Calls so far. */
  calls(): number;
  stop(): void;
}

const PROTO = fileURLToPath(new URL('../../src/adapters/etcd/rpc.proto', import.meta.url));

/** Answers every call of etcd's API with an error of these words. */
export async function startHostileEtcd(words: string): Promise<HostileEtcd> {
  const server = new Server();
  let calls = 0;
  function refuse(_call: unknown, answer: (error: { readonly code: Code; readonly details: string }) => void): void {
    calls += 1;
    answer({ code: Code.UNKNOWN, details: words });
  }
  for (const definition of Object.values(loadSync(PROTO))) {
    if ('format' in definition) continue;
    server.addService(definition, Object.fromEntries(Object.keys(definition).map((name) => [name, refuse])));
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { endpoint: `http://127.0.0.1:${port}`, calls: () => calls, stop: () => server.forceShutdown() };
}
