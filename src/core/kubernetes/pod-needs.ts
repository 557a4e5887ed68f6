import { z } from 'zod';
import type { KubernetesObject } from '../ports/kubernetes.ts';
import { LabelSelector, type Labels, selects } from './label-selector.ts';
import { addResources, mostResources, type Resources, readResources } from './quantity.ts';

/** Pods of the same kind that may not be in one place: at most one for each value of a label of nodes. */
export interface Apart {
  readonly topologyKey: string;
  readonly selector: LabelSelector;
}

/** What a pod needs of a node beside being allowed there. */
export interface PodNeeds {
  /** What it asks for, with its init containers and overhead; `pods` is 1. */
  readonly requests: Resources;
  /** Ports of the node that it takes: `TCP/8080`. */
  readonly hostPorts: readonly string[];
  /** Where its own kind keeps it away; other pods' wishes are not read. */
  readonly apart: readonly Apart[];
}

/** A list that may be missing. */
function listOf<T extends z.ZodType>(item: T) {
  return z
    .array(item)
    .nullish()
    .transform((items) => items ?? []);
}

const Amounts = z.record(z.string(), z.union([z.string(), z.number()])).nullish();
const Asked = z.object({ requests: Amounts }).nullish();
const Container = z.object({
  resources: Asked,
  restartPolicy: z.string().nullish(),
  ports: listOf(z.object({ hostPort: z.number().nullish(), protocol: z.string().nullish() })),
});
const Term = z.object({
  topologyKey: z.string(),
  labelSelector: LabelSelector.nullish(),
  namespaces: listOf(z.string()),
  namespaceSelector: z.unknown().optional(),
});
const Spec = z
  .object({
    containers: listOf(Container),
    initContainers: listOf(Container),
    overhead: Amounts,
    resources: Asked,
    affinity: z
      .object({
        podAntiAffinity: z.object({ requiredDuringSchedulingIgnoredDuringExecution: listOf(Term) }).nullish(),
      })
      .nullish(),
  })
  .prefault({});

/** Reads what a pod needs. @throws ZodError when the object has not the shape of one. */
export function readPodNeeds(object: KubernetesObject): PodNeeds {
  const spec = Spec.parse(object['spec'] ?? {});
  const { namespace = '', labels = {} } = object.metadata;
  const terms = spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  return {
    requests: { ...requestsOf(spec), pods: 1 },
    hostPorts: [...spec.containers, ...spec.initContainers].flatMap(({ ports }) => ports.flatMap(portOf)),
    apart: terms.flatMap((term) => apartOf(term, namespace, labels)),
  };
}

type ContainerSpec = z.infer<typeof Container>;

/**
 * Containers run together, init containers one after another before them; init containers that always restart stay.
 *
 * Source: kubernetes `component-helpers/resource.PodRequests`; requests of the whole pod stand above those of its containers.
 */
function requestsOf({ containers, initContainers, overhead, resources }: z.infer<typeof Spec>): Resources {
  let staying: Resources = {};
  let most: Resources = {};
  for (const container of initContainers) {
    const asked = askedBy(container);
    const isStaying = container.restartPolicy === 'Always';
    most = mostResources(most, addResources(staying, asked));
    if (isStaying) staying = addResources(staying, asked);
  }
  const running = containers.reduce((sum, container) => addResources(sum, askedBy(container)), staying);
  const whole = { ...mostResources(running, most), ...readResources(resources?.requests) };
  return addResources(whole, readResources(overhead));
}

function askedBy({ resources }: ContainerSpec): Resources {
  return readResources(resources?.requests);
}

function portOf({ hostPort, protocol }: ContainerSpec['ports'][number]): readonly string[] {
  return hostPort === undefined || hostPort === null || hostPort === 0 ? [] : [`${protocol ?? 'TCP'}/${hostPort}`];
}

/** A term that names its own kind in its own namespace. */
function apartOf(term: z.infer<typeof Term>, namespace: string, labels: Labels): readonly Apart[] {
  const selector = term.labelSelector ?? null;
  const isElsewhere = term.namespaces.length > 0 && !term.namespaces.includes(namespace);
  if (selector === null || isElsewhere || !selects(selector, labels)) return [];
  return [{ topologyKey: term.topologyKey, selector }];
}
