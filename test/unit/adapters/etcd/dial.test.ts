import { Client, credentials, Server, ServerCredentials } from '@grpc/grpc-js';
import { expect, onTestFinished, test } from 'vitest';
import { type Budget, startBudget } from '../../../../src/adapters/etcd/budget.ts';
import { createDial, type Dial } from '../../../../src/adapters/etcd/dial.ts';

function someTime(): Budget {
  return startBudget({ timeoutMs: 20_000 }, new AbortController().signal);
}

/** A gRPC server on loopback, on that port or a free one. Answers the port. */
async function serve(port = 0): Promise<{ readonly port: number; readonly stop: () => void }> {
  const server = new Server();
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, bound) =>
    error === null ? resolve(bound) : reject(error),
  );
  onTestFinished(() => server.forceShutdown());
  return { port: await promise, stop: () => server.forceShutdown() };
}

/** One whose clients pause for a minute after a failure. */
function patientDial(port: number): Dial {
  const made: Client[] = [];
  onTestFinished(() => {
    for (const client of made) client.close();
  });
  return createDial(() => {
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
      'grpc.initial_reconnect_backoff_ms': 60_000,
      'grpc.use_local_subchannel_pool': 1,
    });
    made.push(client);
    return client;
  });
}

test('who asks again is told how it is now, not how it was', async () => {
  const first = await serve();
  first.stop();
  const dial = patientDial(first.port);
  expect(await dial.connect(someTime())).toBe('failed');
  await serve(first.port);

  expect(await dial.connect(someTime())).toBe('ready');
});

test('two who ask at once are both told, whoever of them dialled', async () => {
  const first = await serve();
  first.stop();
  const dial = patientDial(first.port);
  await dial.connect(someTime());
  await serve(first.port);

  const both = [someTime(), someTime()];
  expect(await Promise.all(both.map(async (budget) => await dial.connect(budget)))).toEqual(['ready', 'ready']);
});

test('one that is there stays the one it is', async () => {
  const { port } = await serve();
  const dial = patientDial(port);
  await dial.connect(someTime());
  const client = dial.client();

  expect(await dial.connect(someTime())).toBe('ready');
  expect(dial.client()).toBe(client);
});
