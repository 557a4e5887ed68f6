import { type Client, connectivityState } from '@grpc/grpc-js';
import type { Budget } from './budget.ts';

/** The client of one address. */
export interface Dial {
  /** The present one. After {@link connect} it may be another than before. */
  client(): Client;
  /**
   * Waits for the connection, as it is now: gRPC repeats its last failure until its own pause is over, so one that failed before is
   * dialled afresh. Nothing is on its way over such a connection.
   */
  connect(budget: Budget): Promise<'ready' | 'failed' | 'timeout' | 'cancelled'>;
}

/** Makes the first client; it connects with its first use. */
export function createDial(create: () => Client): Dial {
  let client = create();
  return {
    client: () => client,
    async connect(budget) {
      if (client.getChannel().getConnectivityState(false) === connectivityState.TRANSIENT_FAILURE) {
        client.close();
        client = create();
      }
      for (;;) {
        const mine = client;
        const end = await waitForConnection(mine, budget);
        // Somebody else who asked may have dialled afresh meanwhile.
        if (mine === client || budget.signal.aborted) return end;
      }
    },
  };
}

async function waitForConnection(
  client: Client,
  budget: Budget,
): Promise<'ready' | 'failed' | 'timeout' | 'cancelled'> {
  const channel = client.getChannel();
  for (;;) {
    if (budget.signal.aborted) return 'cancelled';
    const state = channel.getConnectivityState(true);
    if (state === connectivityState.SHUTDOWN) return 'cancelled';
    if (state === connectivityState.READY) return 'ready';
    if (state === connectivityState.TRANSIENT_FAILURE) return 'failed';
    if (budget.remainingMs() === 0) return 'timeout';
    await stateChange(client, state, budget);
  }
}

/** Settles when the state is another one, the time is over or the signal came; the caller looks which. */
function stateChange(client: Client, from: connectivityState, budget: Budget): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  function settle(): void {
    budget.signal.removeEventListener('abort', settle);
    resolve();
  }
  budget.signal.addEventListener('abort', settle, { once: true });
  client.getChannel().watchConnectivityState(from, Date.now() + budget.remainingMs(), settle);
  return promise;
}
