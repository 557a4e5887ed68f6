import type { EtcdCall, EtcdError, EtcdMember, EtcdResult } from '../../core/ports/etcd.ts';
import { type AnswerHeader, headerOf, readStatus } from './answers.ts';
import { type Budget, partOf, startBudget } from './budget.ts';
import type { ChannelRequest, EtcdChannel } from './channel.ts';
import type { Directory } from './directory.ts';
import type { RpcMethod } from './rpc.ts';
import { type Failure, mayAskNext, summarise } from './several-failures.ts';
import { unfitness } from './unfitness.ts';

/** Sends requests to the right members of one ring and checks who answered. */
export interface Ring {
  /** To exactly that member. A change is sent only after this connection has shown that the member is there. */
  toMember(member: EtcdMember, request: ChannelRequest, call: EtcdCall): Promise<EtcdResult<object>>;
  /** The connection to exactly that member, after it has shown that the member is there. What fails here was not sent. */
  shown(member: EtcdMember, what: string, budget: Budget): Promise<EtcdResult<EtcdChannel>>;
  /** A read, to one member after the other until one answers. */
  readAny(request: ChannelRequest, call: EtcdCall): Promise<EtcdResult<object>>;
  /** A change, sent once, to a member that just answered and follows a leader. */
  changeAny(request: ChannelRequest, call: EtcdCall): Promise<EtcdResult<object>>;
  /** A change of the ring, sent once, to exactly that member, after it answered that it follows a leader. */
  changeVia(via: EtcdMember, request: ChannelRequest, call: EtcdCall): Promise<EtcdResult<object>>;
}

/** What a ring is made of. */
export interface RingOptions {
  readonly directory: Directory;
  readonly statusMethod: RpcMethod;
  /** Aborted when the port is closed. */
  readonly closing: AbortSignal;
}

/** No member that is up needs longer to accept a connection, or to say who it is. */
const CONNECT_MS = 10_000;
const CONNECT_NEXT_MS = 3_000;
const CHOOSE_MS = 2_000;

/**
 * Makes the ring. The first cluster id that answers is the ring's; answers of another are `wrong-member`. A restore gives
 * a ring a new id: make one for each piece of work, over the same directory.
 */
export function createRing({ directory, statusMethod, closing }: RingOptions): Ring {
  const sender = createSender(statusMethod);
  // Who answered last is asked first, so that a frozen member costs its time-out once.
  let preferred: EtcdChannel | null = null;

  function candidates(): readonly EtcdChannel[] {
    const all = directory.channelsToAny();
    return all.toSorted((a, b) => Number(b === preferred) - Number(a === preferred));
  }
  async function shown(member: EtcdMember, what: string, budget: Budget): Promise<EtcdResult<EtcdChannel>> {
    const open = await firstOpen(await directory.channelsTo(member, budget), what, budget);
    if (!open.ok) return open;
    const seen = await sender.showMember(open.value, member, what, partOf(budget, CONNECT_MS));
    return seen.ok ? open : seen;
  }
  async function toMember(member: EtcdMember, request: ChannelRequest, call: EtcdCall): Promise<EtcdResult<object>> {
    const budget = startBudget(call, closing);
    const open = request.readOnly
      ? await firstOpen(await directory.channelsTo(member, budget), request.what, budget)
      : await shown(member, request.what, budget);
    return open.ok ? await sender.send(open.value, member, request, budget) : open;
  }
  async function readAny(request: ChannelRequest, call: EtcdCall): Promise<EtcdResult<object>> {
    const budget = startBudget(call, closing);
    const channels = candidates();
    const failures: Failure[] = [];
    for (const [at, channel] of channels.entries()) {
      const part = partOf(budget, budget.remainingMs() / (channels.length - at));
      const connected = await channel.connect(part, request.what);
      const answer = connected.ok ? await sender.send(channel, null, request, part) : connected;
      if (answer.ok) preferred = channel;
      if (answer.ok || !mayAskNext(answer.error)) return answer;
      failures.push({ asked: channel.address.url, error: answer.error });
    }
    return { ok: false, error: summarise(failures, request.what) };
  }
  async function changeAny(request: ChannelRequest, call: EtcdCall): Promise<EtcdResult<object>> {
    const budget = startBudget(call, closing);
    const channels = candidates();
    const failures: Failure[] = [];
    for (const [at, channel] of channels.entries()) {
      const part = partOf(budget, Math.min(CHOOSE_MS, budget.remainingMs() / (channels.length - at)));
      const asked = await sender.ask(channel, null, request.what, part);
      const unfit = asked.ok
        ? unfitness(readStatus(asked.value), `${request.what} at ${channel.address.url}`)
        : asked.error;
      if (unfit === null) {
        preferred = channel;
        return await sender.send(channel, null, request, budget);
      }
      if (!mayAskNext(unfit)) return { ok: false, error: unfit };
      failures.push({ asked: channel.address.url, error: unfit });
    }
    return { ok: false, error: summarise(failures, request.what) };
  }
  const changeVia = createChangeVia(sender, directory, closing);
  return { toMember, shown, readAny, changeAny, changeVia };
}

function createChangeVia(sender: Sender, directory: Directory, closing: AbortSignal): Ring['changeVia'] {
  return async (via, request, call) => {
    const budget = startBudget(call, closing);
    const open = await firstOpen(await directory.channelsTo(via, budget), request.what, budget);
    if (!open.ok) return open;
    const part = partOf(budget, Math.min(CONNECT_MS, budget.remainingMs() / 2));
    const asked = await sender.ask(open.value, via, request.what, part);
    if (!asked.ok) return asked;
    const unfit = unfitness(readStatus(asked.value), `${request.what} at ${open.value.address.url}`);
    return unfit === null ? await sender.send(open.value, via, request, budget) : { ok: false, error: unfit };
  };
}

interface Sender {
  /** Sends over one channel and checks who answered; `member` `null`: any member of this ring. */
  send(
    channel: EtcdChannel,
    member: EtcdMember | null,
    request: ChannelRequest,
    budget: Budget,
  ): Promise<EtcdResult<object>>;
  /** Asks for the status before a change; whatever fails here, the change was not sent. */
  ask(channel: EtcdChannel, member: EtcdMember | null, what: string, budget: Budget): Promise<EtcdResult<object>>;
  /** Makes sure that the member is at the other end of this connection, by what it answered or by asking. */
  showMember(channel: EtcdChannel, member: EtcdMember, what: string, budget: Budget): Promise<EtcdResult<null>>;
}

function createSender(statusMethod: RpcMethod): Sender {
  let clusterId: string | null = null;

  function strangerIn(header: AnswerHeader | null, member: EtcdMember | null, where: string): EtcdError | null {
    // Defragment, MoveLeader and 3.4's alarm list answer without a header.
    if (header === null || header.memberId === '0') return null;
    if (member !== null && header.memberId !== member.id) {
      return { code: 'wrong-member', message: `${where}: member ${header.memberId} answered there` };
    }
    clusterId ??= header.clusterId;
    if (header.clusterId === clusterId) return null;
    return {
      code: 'wrong-member',
      message: `${where}: cluster ${header.clusterId} answered, not cluster ${clusterId}`,
    };
  }
  async function send(
    channel: EtcdChannel,
    member: EtcdMember | null,
    request: ChannelRequest,
    budget: Budget,
  ): Promise<EtcdResult<object>> {
    const answer = await channel.send(request, budget);
    if (!answer.ok) return answer;
    const stranger = strangerIn(headerOf(answer.value), member, `${request.what} at ${channel.address.url}`);
    return stranger === null ? answer : { ok: false, error: stranger };
  }
  async function ask(channel: EtcdChannel, member: EtcdMember | null, what: string, budget: Budget) {
    const connected = await channel.connect(budget, what);
    if (!connected.ok) return connected;
    const request = { method: statusMethod, body: {}, what: `Status before "${what}"`, readOnly: true };
    return notSent(await send(channel, member, request, budget));
  }
  async function showMember(
    channel: EtcdChannel,
    member: EtcdMember,
    what: string,
    budget: Budget,
  ): Promise<EtcdResult<null>> {
    const known = channel.identity();
    if (known === null) {
      const asked = await ask(channel, member, what, budget);
      return asked.ok ? { ok: true, value: null } : asked;
    }
    const stranger = strangerIn(known, member, `${what} at ${channel.address.url}`);
    return stranger === null ? { ok: true, value: null } : { ok: false, error: stranger };
  }
  return { send, ask, showMember };
}

/** The first channel that connects; only then is anything sent, and only there. */
async function firstOpen(
  channels: readonly EtcdChannel[],
  what: string,
  budget: Budget,
): Promise<EtcdResult<EtcdChannel>> {
  const failures: Failure[] = [];
  for (const [at, channel] of channels.entries()) {
    const limitMs = at === channels.length - 1 ? CONNECT_MS : Math.min(CONNECT_NEXT_MS, budget.remainingMs() / 2);
    const connected = await channel.connect(partOf(budget, limitMs), what);
    if (connected.ok) return { ok: true, value: channel };
    if (connected.error.code === 'cancelled') return connected;
    failures.push({ asked: channel.address.url, error: connected.error });
  }
  return { ok: false, error: summarise(failures, what) };
}

function notSent(answer: EtcdResult<object>): EtcdResult<object> {
  if (answer.ok || answer.error.code !== 'unknown-outcome') return answer;
  return { ok: false, error: { code: 'unreachable', message: `${answer.error.message}. Nothing was sent` } };
}
