import { type TakeOrder, type VaultErrorCode, VaultReadFailed } from '../../core/ports/backup-vault.ts';

interface Offer {
  readonly bytes: Uint8Array;
  readonly taken: () => void;
  readonly refused: (error: Error) => void;
}

/**
 * Makes content that is pushed into content that is pulled. A `write` resolves when its bytes were used and more is wanted. Throws
 * {@link VaultReadFailed}: `source-failed` when the feed does not end well, `cancelled` when the signal fires.
 */
export async function* fed(feed: TakeOrder['feed'], signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const over = new AbortController();
  const ending = AbortSignal.any([signal, over.signal]);
  const offers: Offer[] = [];
  const end: { failure: VaultReadFailed | null; reached: boolean } = { failure: null, reached: false };
  let waiting = Promise.withResolvers<void>();

  function refuseAll(): void {
    for (const { refused } of offers.splice(0)) refused(new Error('nothing more is taken'));
    waiting.resolve();
  }
  async function write(bytes: Uint8Array): Promise<void> {
    const { promise, resolve: taken, reject: refused } = Promise.withResolvers<void>();
    if (ending.aborted || end.reached) refused(new Error('nothing more is taken'));
    else offers.push({ bytes, taken, refused });
    waiting.resolve();
    await promise;
  }
  function ended(failure: VaultReadFailed | null): void {
    end.reached = true;
    end.failure = failure;
    waiting.resolve();
  }
  function start(): void {
    // In a chain, so that a feed that throws before it waits is no different.
    Promise.resolve()
      .then(async () => await feed(heard(write), ending))
      .then(
        (answer) => ended(answer.ok ? null : trouble('source-failed', answer.why)),
        (error: unknown) => ended(trouble('source-failed', error instanceof Error ? error.message : 'unknown error')),
      );
  }

  ending.addEventListener('abort', refuseAll, { once: true });
  try {
    if (!signal.aborted) start();
    while (!signal.aborted) {
      const offer = offers[0];
      if (offer !== undefined) {
        yield offer.bytes;
        offers.shift();
        offer.taken();
      } else if (end.reached) {
        if (end.failure !== null) throw end.failure;
        return;
      } else {
        waiting = Promise.withResolvers<void>();
        await waiting.promise;
      }
    }
    throw trouble('cancelled', 'it was cancelled');
  } finally {
    over.abort();
    ending.removeEventListener('abort', refuseAll);
  }
}

/** A feed may have gone on to something else, and nobody hears of the refusal any more. */
function heard(write: (bytes: Uint8Array) => Promise<void>): (bytes: Uint8Array) => Promise<void> {
  return (bytes) => {
    const writing = write(bytes);
    writing.catch(() => undefined);
    return writing;
  };
}

function trouble(code: Exclude<VaultErrorCode, 'store'>, message: string): VaultReadFailed {
  return new VaultReadFailed({ code, message });
}
