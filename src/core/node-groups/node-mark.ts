import { z } from 'zod';
import { EqualityTerm, fitsTerms } from '../kubernetes/equality-selector.ts';
import { isControlPlane, type NodeReading } from '../kubernetes/node.ts';

/** What tells the nodes of a group by one label. `value` null: they have none of the labels. */
export const GroupMark = z.object({
  /** Labels that are looked at, first that a node has. */
  labels: z.array(z.string()),
  value: z.string().nullable(),
  /** The one of them that has the value. Another with the same value is another group. `null`: any of them. */
  label: z.string().nullable().default(null),
});
export type GroupMark = z.infer<typeof GroupMark>;

/** What on a node tells that it belongs to those that somebody chose. */
export const NodeMark = z.discriminatedUnion('by', [
  /** Labels, as a selector has them. Control planes count too, as with kubectl. */
  z.object({ by: z.literal('selector'), terms: z.array(EqualityTerm).min(1) }),
  GroupMark.extend({ by: z.literal('group-label') }),
  /** Its machine is of this MachineDeployment, through one of its MachineSets. */
  z.object({ by: z.literal('machine-deployment'), name: z.string().min(1) }),
]);
export type NodeMark = z.infer<typeof NodeMark>;

type Marked = Pick<NodeReading, 'roles' | 'labels' | 'annotations'>;

/** Whether a node bears a mark. */
export function bears(node: Marked, mark: NodeMark): boolean {
  switch (mark.by) {
    case 'selector':
      return fitsTerms(mark.terms, node.labels);
    case 'group-label':
      return isIn(node, mark);
    case 'machine-deployment':
      return deploymentOf(node, mark.name);
  }
}

/** Whether a node belongs to a group. Control-plane nodes belong to none. */
export function isIn(node: Pick<Marked, 'roles' | 'labels'>, { labels, value, label }: GroupMark): boolean {
  const own = groupLabelOf(node, labels);
  return (
    !isControlPlane(node) && (own?.value ?? null) === value && (own === null || own.label === (label ?? own.label))
  );
}

/** The first of these labels that a node has, and its value; `null`: it has none. */
export function groupLabelOf(
  { labels: own }: Pick<Marked, 'labels'>,
  labels: readonly string[],
): { readonly label: string; readonly value: string } | null {
  const label = labels.find((each) => (own[each] ?? '') !== '');
  return label === undefined ? null : { label, value: own[label] ?? '' };
}

const OWNER_KIND = 'cluster.x-k8s.io/owner-kind';
const OWNER_NAME = 'cluster.x-k8s.io/owner-name';

/**
 * A MachineSet is called as its MachineDeployment, with one more word. Source: Cluster API internal/controllers/machine (annotations of
 * nodes) and machinedeployment (`computeNewMachineSetName`).
 */
function deploymentOf({ annotations }: Pick<Marked, 'annotations'>, name: string): boolean {
  const owner = annotations[OWNER_NAME] ?? '';
  return (
    annotations[OWNER_KIND] === 'MachineSet' &&
    owner.startsWith(`${name}-`) &&
    /^[^-]+$/.test(owner.slice(name.length + 1))
  );
}
