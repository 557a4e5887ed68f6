import { z } from 'zod';
import type { KubernetesObject } from '../ports/kubernetes.ts';
import { parseTime } from '../time.ts';

const Entry = z.looseObject({
  manager: z.string().nullish(),
  operation: z.string().nullish(),
  subresource: z.string().nullish(),
  time: z.string().nullish(),
  fieldsV1: z.record(z.string(), z.unknown()).nullish(),
});
type Entry = z.infer<typeof Entry>;

/** Who wrote fields of an object, as the API server noted it. Source: Kubernetes, *Server-Side Apply*, `metadata.managedFields`. */
export interface FieldWriter {
  readonly manager: string;
  /** It applies: it says what the field is to be each time, not only once. */
  readonly applies: boolean;
  /** It wrote the object itself, not a subresource of it as `status`. */
  readonly whole: boolean;
  /** When it wrote last, ms since the epoch, to the second; `null`: not told. */
  readonly at: number | null;
  /** Whether it wrote a field, whole or in part. */
  readonly owns: (path: readonly string[]) => boolean;
}

/** Everybody who is noted; what cannot be read is left out. */
export function fieldWriters(object: KubernetesObject): readonly FieldWriter[] {
  const { data } = z.array(z.unknown()).safeParse(object.metadata['managedFields']);
  return (data ?? []).flatMap((raw) => {
    const entry = Entry.safeParse(raw);
    return entry.success ? [managerOf(entry.data)] : [];
  });
}

/** When one of these fields was written last, ms since the epoch, to the second; `null`: not told. Its writer may have written others since. */
export function writtenAt(object: KubernetesObject, paths: readonly (readonly string[])[]): number | null {
  const times = fieldWriters(object)
    .filter(({ whole, owns: has }) => whole && paths.some((path) => has(path)))
    .flatMap(({ at }) => at ?? []);
  return times.length === 0 ? null : Math.max(...times);
}

function managerOf({ manager, operation, subresource, time, fieldsV1 }: Entry): FieldWriter {
  const whole = (subresource ?? '') === '';
  return {
    manager: manager ?? '',
    applies: operation === 'Apply' && whole,
    whole,
    at: parseTime(time ?? '') || null,
    owns: (path) => owns(fieldsV1 ?? {}, path),
  };
}

/** Whether a tree of owned fields (`f:spec`, `f:key`) has a field, whole or in part. */
function owns(tree: Readonly<Record<string, unknown>>, [first, ...rest]: readonly string[]): boolean {
  if (first === undefined) return true;
  const below = z.record(z.string(), z.unknown()).safeParse(tree[`f:${first}`]);
  return below.success && owns(below.data, rest);
}
