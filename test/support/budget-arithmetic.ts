import type { Budget, DrainNode, DrainPod, DrainView } from '../../src/core/drain/view.ts';
import type { KubernetesResult } from '../../src/core/ports/kubernetes.ts';
import { budgetOf, deployment, nodeOf, podOn, SAMPLE_MS, serverTime } from './drain-view.ts';

/** An app of a model cluster. `spare`: how many of its pods a budget lets be away; `null`: it has no budget. */
export interface ModelApp {
  readonly name: string;
  readonly replicas: number;
  readonly spare: number | null;
}

/** How a model cluster begins. Pod k of all apps runs on node `places[k]` of `nodes`. */
export interface ModelStart {
  readonly apps: readonly ModelApp[];
  readonly nodes: readonly Partial<DrainNode>[];
  readonly places: readonly number[];
  /** A pod ends so long after its eviction, and a new one is ready so long after it was made, ms. */
  readonly endMs: number;
  readonly readyMs: number;
}

interface ModelPod extends DrainPod {
  readonly app: ModelApp;
  readonly readyAtMs: number;
  readonly goneAtMs: number | null;
}

/**
 * A cluster that does what an API server, the disruption controller, a ReplicaSet and the scheduler do with evictions, and no more.
 * Written from the source of the eviction endpoint (kubernetes pkg/registry/core/pod/storage/eviction.go), apart from what it tests.
 */
export class ModelCluster {
  /** uids whose eviction was accepted, in order; a pod that is asked again while it ends is there twice. */
  readonly evicted: string[] = [];
  /** Evictions that a budget refused. */
  refused = 0;
  /** The fewest healthy pods that each app with a budget ever had beyond what it needs. */
  readonly slack = new Map<string, number>();
  nowMs = SAMPLE_MS;
  private pods: ModelPod[] = [];
  private budgets: Budget[];
  private made = 0;
  private readonly nodes: readonly DrainNode[];
  private readonly start: ModelStart;

  constructor(start: ModelStart) {
    this.start = start;
    const named = start.nodes.map((over, index) => nodeOf(`worker-${index + 1}`, over));
    this.nodes = [...named, nodeOf('spare', { cordoned: false })];
    const all = start.apps.flatMap((app) => Array.from({ length: app.replicas }, () => app));
    for (const [index, app] of all.entries()) {
      const place = (start.places[index % start.places.length] ?? 0) % named.length;
      this.make(app, named[place]?.name ?? 'spare', SAMPLE_MS);
    }
    this.budgets = start.apps.flatMap(({ name, replicas, spare }) => {
      if (spare === null) return [];
      return [
        budgetOf(name, 0, { minAvailable: replicas - spare, desiredHealthy: replicas - spare, expectedPods: replicas }),
      ];
    });
    this.count();
  }

  /** Names and uids of the nodes that are drained. */
  drained(): readonly DrainNode[] {
    return this.nodes.filter(({ name }) => name !== 'spare');
  }

  view(): DrainView {
    const pods = this.pods.map(({ app: _app, readyAtMs: _ready, goneAtMs: _gone, ...pod }) => pod);
    const workloads = this.start.apps.flatMap(({ name, replicas }) => deployment(name, replicas));
    return { nodes: this.nodes, pods, budgets: this.budgets, workloads };
  }

  /** What the server answers to an eviction, with its effect. */
  evict({ uid, name }: { readonly uid: string; readonly name: string }): KubernetesResult<null> {
    const pod = this.pods.find((each) => each.name === name);
    if (pod === undefined) return { ok: false, error: { code: 'not-found', message: 'no such pod' } };
    if (pod.uid !== uid) return { ok: false, error: { code: 'conflict', message: 'another uid' } };
    const budget = this.budgets.find((each) => each.name === pod.app.name);
    const counts = pod.phase === 'Running' && pod.deletedAt === null && budget !== undefined;
    if (counts && !(!pod.ready && budget.desiredHealthy > 0 && budget.currentHealthy >= budget.desiredHealthy)) {
      if (budget.disruptionsAllowed <= 0) {
        this.refused += 1;
        return { ok: false, error: { code: 'budget', message: 'The disruption budget needs more' } };
      }
      const disruptedPods = [...budget.disruptedPods, name];
      this.put({ ...budget, disruptionsAllowed: budget.disruptionsAllowed - 1, disruptedPods });
    }
    this.evicted.push(uid);
    const goneAtMs = this.nowMs + this.start.endMs;
    this.pods = this.pods.map((each) => (each === pod ? { ...pod, deletedAt: serverTime(goneAtMs), goneAtMs } : each));
    this.weigh();
    return { ok: true, value: null };
  }

  /** Lets time pass. `counting`: the disruption controller keeps up. */
  pass(ms: number, counting = true): void {
    this.nowMs += ms;
    const gone = this.pods.filter(({ goneAtMs }) => goneAtMs !== null && goneAtMs <= this.nowMs);
    this.pods = this.pods.filter((pod) => !gone.includes(pod));
    for (const { app } of gone) this.make(app, 'spare', this.nowMs + this.start.readyMs);
    this.pods = this.pods.map((pod) => {
      return pod.readyAtMs <= this.nowMs ? { ...pod, ready: true, phase: 'Running' } : pod;
    });
    this.weigh();
    if (counting) this.count();
  }

  /** Somebody else takes a pod away without asking. */
  kill(index: number): void {
    const running = this.pods.filter(({ deletedAt }) => deletedAt === null);
    const pod = running[index % Math.max(1, running.length)];
    if (pod === undefined) return;
    this.pods = this.pods.filter((each) => each !== pod);
    this.make(pod.app, 'spare', this.nowMs + this.start.readyMs);
  }

  private make(app: ModelApp, node: string, readyAtMs: number): void {
    this.made += 1;
    const name = `${app.name}-${this.made}`;
    const ready = readyAtMs <= this.nowMs;
    const pod = podOn(node, name, { createdAt: serverTime(this.nowMs), ready, phase: ready ? 'Running' : 'Pending' });
    this.pods.push({ ...pod, app, readyAtMs, goneAtMs: null });
  }

  private put(budget: Budget): void {
    this.budgets = this.budgets.map((each) => (each.uid === budget.uid ? budget : each));
  }

  private count(): void {
    for (const budget of this.budgets) {
      const pods = this.pods.filter(({ app }) => app.name === budget.name);
      const here = pods.filter(({ deletedAt }) => deletedAt === null);
      const disruptedPods = budget.disruptedPods.filter((name) => here.some((pod) => pod.name === name));
      const currentHealthy = here.filter(({ ready, name }) => ready && !disruptedPods.includes(name)).length;
      const disruptionsAllowed = Math.max(0, currentHealthy - budget.desiredHealthy);
      this.put({ ...budget, currentHealthy, disruptedPods, disruptionsAllowed, expectedPods: pods.length });
    }
  }

  private weigh(): void {
    for (const { name, desiredHealthy } of this.budgets) {
      const healthy = this.pods.filter(({ app, ready, deletedAt }) => app.name === name && ready && deletedAt === null);
      const slack = healthy.length - desiredHealthy;
      this.slack.set(name, Math.min(slack, this.slack.get(name) ?? slack));
    }
  }
}
