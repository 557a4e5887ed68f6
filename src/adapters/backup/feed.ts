import { type TakeOrder, type VaultErrorCode, VaultReadFailed } from '../../core/ports/backup-vault.ts';

/** Bytes that are passed on at a time: etcd sends 32 KiB, and each step on the way costs the same for few as for many. */
export const BLOCK_BYTES = 128 * 1024;

interface Offer {
  /** What of it is still to be taken. */
  bytes: Uint8Array;
  readonly taken: () => void;
  readonly refused: (error: Error) => void;
}

/**
 * Makes content that is pushed into content that is pulled, in blocks of {@link BLOCK_BYTES} but for the last. A `write` resolves when its bytes were
 * copied into a block; there is one at a time, and the next is begun when somebody pulls. Throws {@link VaultReadFailed}: `source-failed` when the
 * feed does not end well, `cancelled` when the signal fires; what was in an unfinished block is then lost.
 */
export async function* fed(feed: TakeOrder['feed'], signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const over = new AbortController();
  const ending = AbortSignal.any([signal, over.signal]);
  const offers: Offer[] = [];
  const end: { failure: VaultReadFailed | null; reached: boolean } = { failure: null, reached: false };
  let waiting = Promise.withResolvers<void>();
  let block = newBlock();

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
      if (block.filled === BLOCK_BYTES) {
        yield block.bytes;
        block = newBlock();
      } else if (offer !== undefined) {
        moveInto(block, offer);
        if (offer.bytes.length === 0) offers.shift()?.taken();
      } else if (end.reached) {
        if (end.failure !== null) throw end.failure;
        if (block.filled > 0) yield block.bytes.subarray(0, block.filled);
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

interface Block {
  readonly bytes: Uint8Array;
  filled: number;
}

/** A new one each time: whoever got the last one may still use it. */
function newBlock(): Block {
  return { bytes: Buffer.allocUnsafeSlow(BLOCK_BYTES), filled: 0 };
}

/** Moves what fits from an offer into a block. */
function moveInto(block: Block, offer: Offer): void {
  const fits = offer.bytes.subarray(0, BLOCK_BYTES - block.filled);
  block.bytes.set(fits, block.filled);
  block.filled += fits.length;
  offer.bytes = offer.bytes.subarray(fits.length);
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
