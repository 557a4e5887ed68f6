import { type Client, type ClientReadableStream, status as Code, Metadata } from '@grpc/grpc-js';
import { z } from 'zod';
import type { EtcdError, EtcdResult } from '../../core/ports/etcd.ts';
import type { Budget } from './budget.ts';
import type { ChannelRequest } from './channel.ts';
import { classifyRpcFailure } from './errors.ts';

/** The answers to one request, one after the other. Few are kept waiting: who reads slowly holds up the server. */
export interface EtcdStream {
  /**
   * The next answer; `null`: the server said that this was all; `late`: none within `ms`. After `late` or a failure only `end` is of use.
   */
  next(ms: number): Promise<EtcdResult<object | null> | 'late'>;
  /** Ends it, also on the server. To be called in any case. */
  end(): void;
}

const Failure = z.object({ code: z.number(), details: z.string() });
/** As it is: there are 32,768 in a snapshot of 1 GiB, and what is in them is looked at by who knows them. */
const Message = z.custom<object>((message) => typeof message === 'object' && message !== null);

/** Sends the request, once. The budget's time is the server's deadline too; its signal ends the stream. */
export function openStream(client: Client, request: ChannelRequest, budget: Budget): EtcdStream {
  const { method, body, what, readOnly } = request;
  const withinMs = Math.round(budget.remainingMs());
  const stream: ClientReadableStream<object> = client.makeServerStreamRequest(
    method.path,
    method.serialize,
    method.deserialize,
    body,
    new Metadata(),
    { deadline: Date.now() + withinMs },
  );
  // One that was given up still tells of its end, when nobody listens any more.
  stream.on('error', () => undefined);
  budget.signal.addEventListener('abort', cancel, { once: true });
  if (budget.signal.aborted) cancel();
  const messages: AsyncIterator<unknown> = stream[Symbol.asyncIterator]();

  function cancel(): void {
    stream.cancel();
  }
  function failureOf(thrown: unknown): EtcdError {
    if (budget.signal.aborted) return { code: 'cancelled', message: `${what}: cancelled` };
    const read = Failure.safeParse(thrown);
    const failure = read.success ? read.data : { code: Code.UNKNOWN, details: 'the connection was lost' };
    return classifyRpcFailure(failure, { what, readOnly, withinMs });
  }
  async function message(): Promise<EtcdResult<object | null>> {
    try {
      const { done, value } = await messages.next();
      return { ok: true, value: done === true ? null : Message.parse(value) };
    } catch (error) {
      return { ok: false, error: failureOf(error) };
    }
  }
  async function next(ms: number): Promise<EtcdResult<object | null> | 'late'> {
    if (budget.signal.aborted) return { ok: false, error: failureOf(null) };
    const { promise, resolve } = Promise.withResolvers<'late'>();
    const timer = setTimeout(resolve, ms, 'late');
    try {
      return await Promise.race([message(), promise]);
    } finally {
      clearTimeout(timer);
    }
  }
  function end(): void {
    budget.signal.removeEventListener('abort', cancel);
    cancel();
  }
  return { next, end };
}
