import type { EtcdCall, EtcdError, EtcdMember, EtcdResult, EtcdStatus } from '../../../core/ports/etcd.ts';
import type { KubernetesPort } from '../../../core/ports/kubernetes.ts';
import { headerOf } from '../answers.ts';
import { type Budget, partOf, startBudget } from '../budget.ts';
import { type EtcdPod, listEtcdPods, podOf } from '../pods.ts';
import { type Failure, mayAskNext, summarise } from '../several-failures.ts';
import { unfitness } from '../unfitness.ts';
import { askWho, type EtcdctlRequest, readPrinted, runEtcdctl, strangerIn } from './etcdctl.ts';
import type { ExecFlavour } from './flavour.ts';

/** A request, and how its output is read. `reader` answers `null` for output that holds no answer. */
export interface RingRequest extends EtcdctlRequest {
  readonly reader: (text: string) => object | null;
}

/** The pods of one ring, asked through etcdctl. */
export interface ExecRing {
  /** To exactly that member, in its own pod. A change is sent only after the member was seen to be there. */
  toMember(member: EtcdMember, request: RingRequest, call: EtcdCall): Promise<EtcdResult<object>>;
  /** A read, in one pod after the other until one answers. */
  readAny(request: RingRequest, call: EtcdCall): Promise<EtcdResult<object>>;
  /** A change, sent once, in the pod of a member that just answered and follows a leader. */
  changeAny(request: RingRequest, call: EtcdCall): Promise<EtcdResult<object>>;
  /** A change of the ring, sent once, in the pod of exactly that member, after it answered that it follows a leader. */
  changeVia(via: EtcdMember, request: RingRequest, call: EtcdCall): Promise<EtcdResult<object>>;
  /** The pod of a member. */
  pod(member: EtcdMember, what: string, budget: Budget): Promise<EtcdResult<EtcdPod>>;
  budget(call: EtcdCall): Budget;
}

/** What a ring is made of. */
export interface ExecRingOptions {
  readonly kubernetes: Pick<KubernetesPort, 'exec' | 'list'>;
  readonly flavour: ExecFlavour;
  readonly closing: AbortSignal;
}

const LIST_MS = 10_000;
const CHOOSE_MS = 5_000;

/** Makes the ring for one piece of work: the first cluster id that answers is its ring's. Pods are listed with every call. */
export function createExecRing(options: ExecRingOptions): ExecRing {
  const { closing } = options;
  const sender = createSender(options);
  let preferred = '';

  async function toMember(member: EtcdMember, request: RingRequest, call: EtcdCall): Promise<EtcdResult<object>> {
    const budget = startBudget(call, closing);
    const found = await sender.podFor(member, request.what, budget);
    if (!found.ok) return request.readOnly ? found : notSent(found.error);
    const who = request.readOnly ? null : await sender.ask(found.value, member, request.what, budget);
    return who === null || who.ok ? await sender.send(found.value, member, request, budget) : who;
  }
  async function readAny(request: RingRequest, call: EtcdCall): Promise<EtcdResult<object>> {
    const budget = startBudget(call, closing);
    const pods = inOrder(await sender.listed(budget), preferred);
    if (!pods.ok) return pods;
    const failures: Failure[] = [];
    for (const [at, pod] of pods.value.entries()) {
      const answer = await sender.send(
        pod,
        null,
        request,
        partOf(budget, budget.remainingMs() / (pods.value.length - at)),
      );
      if (answer.ok) preferred = pod.ref.name;
      if (answer.ok || !mayAskNext(answer.error)) return answer;
      failures.push({ asked: pod.ref.name, error: answer.error });
    }
    return { ok: false, error: summarise(failures, request.what) };
  }
  async function changeAny(request: RingRequest, call: EtcdCall): Promise<EtcdResult<object>> {
    const budget = startBudget(call, closing);
    const pods = inOrder(await sender.listed(budget), preferred);
    if (!pods.ok) return notSent(pods.error);
    const failures: Failure[] = [];
    for (const [at, pod] of pods.value.entries()) {
      const part = partOf(budget, Math.min(CHOOSE_MS, budget.remainingMs() / (pods.value.length - at)));
      const who = await sender.ask(pod, null, request.what, part);
      const unfit = who.ok ? unfitness(who.value, `${request.what} in pod ${pod.ref.name}`) : who.error;
      if (unfit === null) {
        preferred = pod.ref.name;
        return await sender.send(pod, null, request, budget);
      }
      if (!mayAskNext(unfit)) return { ok: false, error: unfit };
      failures.push({ asked: pod.ref.name, error: unfit });
    }
    return { ok: false, error: summarise(failures, request.what) };
  }
  return {
    toMember,
    readAny,
    changeAny,
    changeVia: createChangeVia(sender, closing),
    pod: async (member, what, budget) => await sender.podFor(member, what, budget),
    budget: (call) => startBudget(call, closing),
  };
}

function createChangeVia(sender: Sender, closing: AbortSignal): ExecRing['changeVia'] {
  return async (via, request, call) => {
    const budget = startBudget(call, closing);
    const found = await sender.podFor(via, request.what, budget);
    if (!found.ok) return notSent(found.error);
    const who = await sender.ask(found.value, via, request.what, budget);
    if (!who.ok) return who;
    const unfit = unfitness(who.value, `${request.what} in pod ${found.value.ref.name}`);
    return unfit === null ? await sender.send(found.value, via, request, budget) : { ok: false, error: unfit };
  };
}

interface Sender {
  listed(budget: Budget): Promise<EtcdResult<readonly EtcdPod[]>>;
  podFor(member: EtcdMember, what: string, budget: Budget): Promise<EtcdResult<EtcdPod>>;
  /** Sends to one pod and checks who answered; `member` `null`: any member of this ring. */
  send(pod: EtcdPod, member: EtcdMember | null, request: RingRequest, budget: Budget): Promise<EtcdResult<object>>;
  /** Makes sure before a change who is there. What fails here was not sent. */
  ask(pod: EtcdPod, member: EtcdMember | null, what: string, budget: Budget): Promise<EtcdResult<EtcdStatus>>;
}

function createSender({ kubernetes, flavour }: ExecRingOptions): Sender {
  let clusterId: string | null = null;

  async function listed(budget: Budget): Promise<EtcdResult<readonly EtcdPod[]>> {
    if (budget.signal.aborted) return failed('cancelled', 'List of the etcd pods: cancelled');
    const timeoutMs = Math.max(1, Math.min(LIST_MS, budget.remainingMs()));
    return await listEtcdPods(kubernetes, flavour, { timeoutMs, signal: budget.signal });
  }
  async function podFor(member: EtcdMember, what: string, budget: Budget): Promise<EtcdResult<EtcdPod>> {
    const pods = await listed(budget);
    if (!pods.ok) return pods;
    const pod = podOf(pods.value, member);
    if (pod !== null) return { ok: true, value: pod };
    return failed('unreachable', `${what}: there is no etcd pod for this member in namespace ${flavour.namespace}`);
  }
  async function send(
    pod: EtcdPod,
    member: EtcdMember | null,
    request: RingRequest,
    budget: Budget,
  ): Promise<EtcdResult<object>> {
    const answer = await runEtcdctl({ kubernetes, flavour, pod }, request, budget);
    if (!answer.ok) return answer;
    const read = readPrinted(answer.value, request.reader, request);
    const header = read.ok ? headerOf(read.value) : null;
    if (!read.ok || header === null) return read;
    const stranger = strangerIn(header, { member, clusterId }, `${request.what} in pod ${pod.ref.name}`);
    if (stranger !== null) return { ok: false, error: stranger };
    if (header.clusterId !== '0') clusterId ??= header.clusterId;
    return read;
  }
  async function ask(pod: EtcdPod, member: EtcdMember | null, what: string, budget: Budget) {
    const who = await askWho({ kubernetes, flavour, pod }, { member, clusterId }, what, budget);
    if (who.ok) clusterId ??= who.value.clusterId;
    return who;
  }
  return { listed, podFor, send, ask };
}

function inOrder(pods: EtcdResult<readonly EtcdPod[]>, preferred: string): EtcdResult<readonly EtcdPod[]> {
  if (!pods.ok) return pods;
  return { ok: true, value: pods.value.toSorted((a, b) => rank(b, preferred) - rank(a, preferred)) };
}

/** Who answered last is asked first, so that a frozen member costs its time-out once. */
function rank(pod: EtcdPod, preferred: string): number {
  return Number(pod.ref.name === preferred) * 2 + Number(pod.running);
}

/** Before a change: whatever became of the list of pods, the change was not sent. */
function notSent(error: EtcdError): { readonly ok: false; readonly error: EtcdError } {
  return error.code === 'unknown-outcome'
    ? failed('unreachable', `${error.message}. Nothing was sent`)
    : { ok: false, error };
}

function failed(code: EtcdError['code'], message: string): { readonly ok: false; readonly error: EtcdError } {
  return { ok: false, error: { code, message } };
}
