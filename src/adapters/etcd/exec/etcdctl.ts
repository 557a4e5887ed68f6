import type { EtcdError, EtcdMember, EtcdResult } from '../../../core/ports/etcd.ts';
import type { KubernetesPort } from '../../../core/ports/kubernetes.ts';
import { readStatus } from '../answers.ts';
import { type Budget, partOf } from '../budget.ts';
import { kubernetesFailure } from '../kubernetes-failure.ts';
import type { EtcdPod } from '../pods.ts';
import { etcdctlFailure } from './failure.ts';
import type { ExecFlavour } from './flavour.ts';
import { printed } from './printed.ts';

/** One call of etcdctl. */
export interface EtcdctlRequest {
  /** Without endpoint, certificates, time-outs and output format. */
  readonly args: readonly string[];
  readonly stdin?: Uint8Array;
  /** Completes error texts. */
  readonly what: string;
  readonly readOnly: boolean;
  /** Whether output beside an exit code other than 0 is an answer all the same: `endpoint …` prints what it got. */
  readonly isAnswer?: (stdout: string) => boolean;
  /** The output may hold values of keys: no message quotes it. */
  readonly discreet?: true;
}

/** What a call needs beside the request. */
export interface EtcdctlPlace {
  readonly kubernetes: Pick<KubernetesPort, 'exec'>;
  readonly flavour: ExecFlavour;
  readonly pod: EtcdPod;
}

/** etcdctl gives up this much before the connection to the pod does, so that its words arrive. */
const MARGIN_MS = 1000;
const DIAL_MS = 5000;
const MAX_BYTES = 16 * 1024 * 1024;

/** Runs etcdctl in a pod against that pod's own member, and answers its standard output. */
export async function runEtcdctl(
  { kubernetes, flavour, pod }: EtcdctlPlace,
  request: EtcdctlRequest,
  budget: Budget,
): Promise<EtcdResult<string>> {
  const what = `${request.what} in pod ${pod.ref.name}`;
  const [endpoint] = pod.urls;
  if (endpoint === undefined) return failed('unreachable', `${what}: the pod tells no address of its member`);
  if (budget.signal.aborted) return failed('cancelled', `${what}: cancelled`);
  let withinMs = 0;
  function command(leftMs: number): readonly string[] {
    withinMs = Math.max(100, Math.round(leftMs - Math.min(MARGIN_MS, leftMs / 4)));
    const limits = [`--command-timeout=${withinMs}ms`, `--dial-timeout=${Math.min(withinMs, DIAL_MS)}ms`];
    return flavour.command(endpoint ?? '', [...limits, '--write-out=json', ...request.args]);
  }
  const done = await kubernetes.exec(pod.ref, command, {
    timeoutMs: Math.max(1, budget.remainingMs()),
    signal: budget.signal,
    container: flavour.container,
    maxBytes: MAX_BYTES,
    ...(request.stdin === undefined ? {} : { stdin: request.stdin }),
  });
  if (!done.ok) return { ok: false, error: kubernetesFailure(done.error, what, request.readOnly) };
  const stdout = textOf(done.value.stdout);
  if (done.value.exitCode === 0 || request.isAnswer?.(stdout) === true) return { ok: true, value: stdout };
  return {
    ok: false,
    error: etcdctlFailure(textOf(done.value.stderr), done.value.exitCode, {
      what,
      readOnly: request.readOnly,
      withinMs,
    }),
  };
}

const STATUS_MS = 10_000;

/** The status of a pod's member, for the check who is there before a change. What fails here was not sent. */
export async function askWho(
  place: EtcdctlPlace,
  expected: { readonly member: EtcdMember | null; readonly clusterId: string | null },
  what: string,
  budget: Budget,
): Promise<EtcdResult<ReturnType<typeof readStatus>>> {
  const request = { args: ['endpoint', 'status'], what: `Status before "${what}"`, readOnly: true };
  const answer = await runEtcdctl(place, request, partOf(budget, STATUS_MS));
  const read = answer.ok ? readPrinted(answer.value, printed.status, request) : answer;
  if (!read.ok) {
    if (read.error.code !== 'unknown-outcome') return read;
    return failed('unreachable', `${read.error.message}. Nothing was sent`);
  }
  const status = readStatus(read.value);
  if (status.memberId === '0' || status.clusterId === '0')
    return failed('wrong-member', `${what} in pod ${place.pod.ref.name}: it does not say which member it is`);
  const stranger = strangerIn(status, expected, `${what} in pod ${place.pod.ref.name}`);
  return stranger === null ? { ok: true, value: status } : { ok: false, error: stranger };
}

/** Whether another member or another ring answered than was meant. */
export function strangerIn(
  header: { readonly memberId: string; readonly clusterId: string },
  expected: { readonly member: EtcdMember | null; readonly clusterId: string | null },
  where: string,
): EtcdError | null {
  const { member, clusterId } = expected;
  if (header.memberId === '0') return null;
  if (member !== null && member.id !== header.memberId)
    return { code: 'wrong-member', message: `${where}: member ${header.memberId} answered there` };
  if (clusterId === null || clusterId === header.clusterId) return null;
  return { code: 'wrong-member', message: `${where}: cluster ${header.clusterId} answered, not cluster ${clusterId}` };
}

/** Reads what etcdctl printed. What it does not understand is an unknown outcome, with the first of the text unless that is discreet. */
export function readPrinted(
  text: string,
  reader: (text: string) => object | null,
  { what, discreet }: Pick<EtcdctlRequest, 'what' | 'discreet'>,
): EtcdResult<object> {
  try {
    const value = reader(text);
    if (value !== null) return { ok: true, value };
  } catch {
    // The words below say all there is.
  }
  const quoted = discreet === true ? `${text.length} characters` : text.trim().slice(0, 200);
  return failed('unknown-outcome', `${what}: etcdctl printed what Drydock cannot read: ${quoted}`);
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}

function failed(code: EtcdError['code'], message: string): { readonly ok: false; readonly error: EtcdError } {
  return { ok: false, error: { code, message } };
}
