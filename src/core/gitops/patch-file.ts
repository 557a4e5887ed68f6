import type { Json, JsonObject } from '../json.ts';
import { JsonObject as JsonObjectSchema } from '../json.ts';
import type { PlanFile } from '../plan-file.ts';
import type { ObjectRef } from '../ports/kubernetes.ts';
import type { GitopsFinding } from './finding.ts';
import { toYaml } from './yaml.ts';

/** What a patch file is made from. */
export interface PatchOrder {
  readonly cluster: 'management' | 'workload';
  readonly ref: ObjectRef;
  readonly merge: JsonObject;
  /** Fields that change, with what they are now; `null`: not there. */
  readonly before: readonly { readonly path: readonly string[]; readonly value: Json }[];
  /** Who keeps the object. */
  readonly findings: readonly GitopsFinding[];
}

/** The patch of one object for Git: a strategic merge patch as kustomize takes it, and the same as a command. */
export function patchFile(order: PatchOrder): PlanFile {
  const { ref, cluster, findings } = order;
  const name = `${ref.kind}-${ref.namespace ?? ''}-${ref.name}`
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replaceAll('--', '-');
  const object = `${ref.kind} ${ref.namespace === null ? '' : `${ref.namespace}/`}${ref.name}`;
  const comments = [
    `${object}, in the ${cluster} cluster.`,
    ...order.before.map((each) => changeLine(order.merge, each)),
    ...findings.map(({ who, source }) => `Kept by ${who}${source === '' ? '' : ` (${source})`}.`),
    '',
    'In Git: put these fields into the manifest of the object, or list this file under "patches" of its kustomization.',
    ...(namesTemplate(order.merge) ? [TEMPLATE] : []),
    'The same by hand, for as long as nobody takes it back:',
    `  ${patchCommand(ref, order.merge)}`,
  ];
  const { apiVersion, kind, namespace } = ref;
  const metadata = { name: ref.name, ...(namespace === null ? {} : { namespace }) };
  return {
    name: `${name.slice(0, 100)}.patch.yaml`,
    title: `the patch of ${object} for Git`,
    text: `${comments.map((line) => `# ${oneLine(line)}`.trimEnd()).join('\n')}\n${toYaml({ apiVersion, kind, metadata, ...order.merge })}`,
  };
}

const TEMPLATE =
  'The template that it names has to be in Git too: a copy of the present one, with the new name and image.';

/** The call as kubectl makes it. */
export function patchCommand({ apiVersion, kind, namespace, name }: ObjectRef, merge: JsonObject): string {
  const [group = ''] = apiVersion.includes('/') ? apiVersion.split('/') : [''];
  const place = namespace === null ? '' : `-n ${namespace} `;
  const resource = `${kind.toLowerCase()}${group === '' ? '' : `.${group}`}`;
  return `kubectl ${place}patch ${resource} ${name} --type merge -p '${JSON.stringify(merge).replaceAll("'", "'\\''")}'`;
}

function changeLine(merge: JsonObject, { path, value }: PatchOrder['before'][number]): string {
  return `${path.join('.')}: ${said(value)} becomes ${said(valueAt(merge, path) ?? null)}`;
}

function said(value: Json): string {
  return value === null ? 'nothing' : typeof value === 'string' ? value : JSON.stringify(value);
}

function namesTemplate(merge: JsonObject): boolean {
  return /"(?:infrastructureRef|configRef)"/.test(JSON.stringify(merge));
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*[\r\n\u0085\u2028\u2029]+\s*/g, ' ');
}

/** What stands at a path; `undefined`: nothing. */
export function valueAt(object: unknown, path: readonly string[]): Json | undefined {
  let at: Json | undefined;
  let within = JsonObjectSchema.safeParse(object).data;
  for (const name of path) {
    at = within !== undefined && Object.hasOwn(within, name) ? within[name] : undefined;
    within = JsonObjectSchema.safeParse(at).data;
  }
  return at;
}
