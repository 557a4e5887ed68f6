import type {
  ExecOutcome,
  Forward,
  KubernetesPort,
  KubernetesResult,
  PodRef,
} from '../../src/core/ports/kubernetes.ts';
import { done, type FakeCalls, refused } from './kubernetes-calls.ts';
import { type Tree, treeAt } from './kubernetes-fields.ts';
import { labelsOf } from './kubernetes-lists.ts';
import { terminating } from './kubernetes-objects.ts';
import { type Entry, type FakeStore, refOf } from './kubernetes-store.ts';

/** What a container does, as a test says. */
export interface FakePrograms {
  exec: (request: FakeExec) => KubernetesResult<ExecOutcome> | Promise<KubernetesResult<ExecOutcome>>;
  logs: (pod: PodRef, options: { readonly container?: string; readonly previous?: boolean }) => string;
  forward: (pod: PodRef, port: number) => KubernetesResult<Forward> | Promise<KubernetesResult<Forward>>;
}

/** A program that is to be run. */
export interface FakeExec {
  readonly pod: PodRef;
  readonly argv: readonly string[];
  readonly container: string | null;
  readonly stdin: Uint8Array | null;
}

type Methods = Pick<KubernetesPort, 'evict' | 'logs' | 'exec' | 'execStream' | 'forward'>;

/** What goes through a pod of a fake cluster. */
export function fakePodMethods(store: FakeStore, calls: FakeCalls, programs: FakePrograms, now: () => string): Methods {
  function find(pod: PodRef): KubernetesResult<Entry> {
    const entry = store.read({ apiVersion: 'v1', kind: 'Pod', namespace: pod.namespace, name: pod.name });
    if (entry === null) return refused('not-found', `pod ${pod.name} is not there`, { status: 404 });
    const { uid } = treeAt(entry.object, 'metadata');
    if (pod.uid !== undefined && uid !== pod.uid) return refused('conflict', `pod ${pod.name} is another one now`);
    return done(entry);
  }
  async function run(
    method: 'exec' | 'execStream',
    pod: PodRef,
    argv: readonly string[],
    options: Parameters<KubernetesPort['exec']>[2],
  ) {
    const detail = `${at(pod)} ${argv.join(' ')}`;
    const what = { verb: 'create', resource: 'pods/exec', namespace: pod.namespace };
    return calls.answer<ExecOutcome>({ method, detail }, options, what, async () => {
      const found = find(pod);
      if (!found.ok) return found;
      const outcome = await programs.exec({
        pod,
        argv,
        container: options.container ?? null,
        stdin: options.stdin ?? null,
      });
      const most = options.maxBytes ?? 4 << 20;
      if (method === 'exec' && outcome.ok && outcome.value.stdout.length + outcome.value.stderr.length > most) {
        return refused('too-large', `${argv[0]} printed more than ${most} bytes`);
      }
      return outcome;
    });
  }
  return {
    evict: (pod, options) =>
      calls.answer(
        { method: 'evict', detail: at(pod) },
        options,
        { verb: 'create', resource: 'pods/eviction', namespace: pod.namespace },
        () => {
          const found = find(pod);
          return found.ok ? evict(store, found.value, options, now()) : found;
        },
      ),
    logs: (pod, options) =>
      calls.answer(
        { method: 'logs', detail: at(pod) },
        options,
        { verb: 'get', resource: 'pods/log', namespace: pod.namespace },
        () => {
          const found = find(pod);
          if (!found.ok) return found;
          const text = programs.logs(pod, options);
          return text.length > (options.maxBytes ?? 1 << 20)
            ? refused('too-large', 'the log is too large')
            : done(text);
        },
      ),
    exec: (pod, argv, options) =>
      run('exec', pod, typeof argv === 'function' ? argv(options.timeoutMs) : argv, options),
    async execStream(pod, argv, options, onStdout) {
      const outcome = await run('execStream', pod, argv, options);
      if (!outcome.ok) return outcome;
      const { stdout, stderr, exitCode } = outcome.value;
      for (let from = 0; from < stdout.length; from += 32 << 10)
        await onStdout(stdout.subarray(from, from + (32 << 10)));
      return done({ exitCode, stderr });
    },
    forward: (pod, port, call) =>
      calls.answer(
        { method: 'forward', detail: `${at(pod)}:${port}` },
        call,
        { verb: 'create', resource: 'pods/portforward', namespace: pod.namespace },
        () => {
          const found = find(pod);
          return found.ok ? programs.forward(pod, port) : found;
        },
      ),
  };
}

function at(pod: PodRef): string {
  return `${pod.namespace}/${pod.name}`;
}

/** As the real server: pending pods ignore budgets, two budgets block for good, the server counts itself. */
function evict(
  store: FakeStore,
  pod: Entry,
  options: { readonly dryRun?: boolean; readonly gracePeriodSeconds?: number },
  now: string,
): KubernetesResult<null> {
  const phase = treeAt(pod.object, 'status')['phase'];
  const isOver =
    treeAt(pod.object, 'metadata')['deletionTimestamp'] !== undefined || (phase !== 'Running' && phase !== 'Unknown');
  const budgets = isOver ? [] : budgetsOf(store, pod);
  const [budget] = budgets;
  if (budgets.length > 1) {
    return refused('blocked-for-good', 'This pod has more than one PodDisruptionBudget', { status: 500 });
  }
  if (budget !== undefined) {
    const refusal = refusalOf(budget);
    if (refusal !== null) return refusal;
    if (options.dryRun !== true) count(store, budget, refOf(pod.object).name, now);
  }
  if (options.dryRun !== true) store.write(pod.kind, terminating(pod, options, now), pod.owners);
  return done(null);
}

function budgetsOf(store: FakeStore, pod: Entry): readonly Entry[] {
  const labels = labelsOf(pod);
  return [...store.entries()].filter((entry) => {
    if (entry.kind.kind !== 'PodDisruptionBudget' || refOf(entry.object).namespace !== refOf(pod.object).namespace)
      return false;
    const wanted = Object.entries(treeAt(treeAt(treeAt(entry.object, 'spec'), 'selector'), 'matchLabels'));
    return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
  });
}

function refusalOf(budget: Entry) {
  const { name } = refOf(budget.object);
  const status = treeAt(budget.object, 'status');
  const isBehind =
    Number(status['observedGeneration'] ?? 0) < Number(treeAt(budget.object, 'metadata')['generation'] ?? 0);
  const allowed = Number(status['disruptionsAllowed'] ?? 0);
  if (allowed > 0 && !isBehind) return null;
  const words = isBehind ? 'is still being processed by the server.' : 'does not allow evicting pods currently';
  const message = `The disruption budget ${name} ${words}`;
  return refused('budget', `Cannot evict pod as it would violate the pod's disruption budget. ${message}`, {
    status: 429,
    causes: [{ reason: 'DisruptionBudget', message, field: '' }],
    ...(isBehind ? { retryAfterMs: 10_000 } : {}),
  });
}

function count(store: FakeStore, budget: Entry, pod: string, now: string): void {
  const status: Tree = { ...treeAt(budget.object, 'status') };
  status['disruptionsAllowed'] = Number(status['disruptionsAllowed'] ?? 0) - 1;
  status['disruptedPods'] = { ...treeAt(status, 'disruptedPods'), [pod]: now };
  store.write(budget.kind, { ...budget.object, status }, budget.owners);
}
