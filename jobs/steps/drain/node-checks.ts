import { nodeNamed } from '../../../src/core/drain/coverage.ts';
import type { DrainNode, DrainView } from '../../../src/core/drain/view.ts';
import { counted, someOf } from '../../../src/core/drain/words.ts';
import type { Check } from '../../../src/core/plan.ts';
import { etcdChecks } from './etcd-checks.ts';
import { machineOwner } from './machine-owner.ts';

/** What the nodes themselves say against draining them. Only what applies. */
export function nodeChecks(view: DrainView, names: readonly string[]): readonly Check[] {
  const nodes = names.flatMap((name) => nodeNamed(view, name) ?? []);
  return [...etcdChecks(view, names), ...readyCheck(nodes), ...ownerCheck(nodes), ...cordonCheck(nodes)];
}

function check(id: string, verdict: Check['verdict'], title: string, evidence: string): Check {
  return { id, verdict, title, evidence };
}

function readyCheck(nodes: readonly DrainNode[]): readonly Check[] {
  const sick = nodes.filter(({ ready }) => ready !== 'yes');
  if (sick.length === 0) return [];
  const words = sick.map(({ name, why }) => (why === '' ? name : `${name} (${why})`));
  return [
    check(
      'not-ready',
      'warn',
      `${counted(sick.length, 'node')} not ready`,
      `${someOf(words)}; pods there end only when the kubelet is back, or by force (--force-stuck)`,
    ),
  ];
}

function ownerCheck(nodes: readonly DrainNode[]): readonly Check[] {
  const owned = Map.groupBy(
    nodes.flatMap((node) => {
      const owner = machineOwner(node);
      return owner === null ? [] : [{ name: node.name, owner }];
    }),
    ({ owner }) => owner.instead,
  );
  const words = [...owned].map(([instead, of]) => {
    return `${someOf(
      of.map(({ name, owner }) => `${name} of ${owner.who}`),
      3,
    )}: to replace it, ${instead}`;
  });
  return words.length === 0 ? [] : [check('machine-owner', 'warn', 'Somebody else owns the machine', words.join('; '))];
}

function cordonCheck(nodes: readonly DrainNode[]): readonly Check[] {
  const cordoned = nodes.filter((node) => node.cordoned);
  if (cordoned.length === 0) return [];
  const words = cordoned.map(({ name, cordonedBy }) => `${name} by ${cordonedBy ?? 'somebody else'}`);
  const evidence = `${someOf(words)}: it stays cordoned, however this run ends. When nobody is at work there, \`/kube uncordon\` opens it`;
  return [check('cordoned', 'warn', 'Cordoned before', evidence)];
}
