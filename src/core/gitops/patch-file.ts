import { z } from 'zod';
import type { JsonObject } from '../json.ts';
import { groupOf } from '../kubernetes/api-group.ts';
import type { PlanFile } from '../plan-file.ts';
import type { ObjectRef } from '../ports/kubernetes.ts';
import { withoutSecrets } from '../secrets.ts';
import type { GitopsFinding } from './finding.ts';
import { changeLines, type FieldBefore, placeLines } from './patch-words.ts';
import { toYaml } from './yaml.ts';

/** What a patch file is made from. */
export interface PatchOrder {
  readonly cluster: 'management' | 'workload';
  readonly ref: ObjectRef;
  readonly merge: JsonObject;
  /** New objects that the patch names, as they are made. */
  readonly makes: readonly JsonObject[];
  /** What else belongs into Git with it, each in one sentence. */
  readonly besides: readonly string[];
  /** Fields that change, with what they are now. */
  readonly before: readonly FieldBefore[];
  /** Who keeps the object. */
  readonly findings: readonly GitopsFinding[];
}

/**
 * The change of one object for Git, whole: each new object that it names as a document of its own, then a strategic merge patch as kustomize
 * takes it; above them where each belongs, in which order, and the same as a command.
 */
export function patchFile(order: PatchOrder): PlanFile {
  const { ref, cluster, findings, merge, makes } = order;
  const object = `${ref.kind} ${ref.namespace === null ? '' : `${ref.namespace}/`}${ref.name}`;
  const made = makes.map(nameOf);
  const { apiVersion, kind, namespace } = ref;
  const metadata = { name: ref.name, ...(namespace === null ? {} : { namespace }) };
  const patch = toYaml({ apiVersion, kind, metadata, ...merge });
  const command = shownCommand(ref, merge);
  const isShown = command !== null && withoutSecrets(patch) === patch;
  const comments = [
    `${object}, in the ${cluster} cluster.`,
    ...(isShown ? changeLines(merge, order.before) : []),
    ...findings.map(({ who, source }) => `Kept by ${who}${source === '' ? '' : ` (${source})`}.`),
    '',
    ...placeLines({ ref, merge, made, findings }),
    ...order.besides,
    ...(isShown ? commandLines(command, made) : [leftOut(order)]),
  ];
  const documents = [...makes.map(documentOf), ...(isShown ? [patch] : [])];
  return {
    name: `${fileName(ref)}.patch.yaml`,
    title: `the patch of ${object} for Git${made.length === 0 ? '' : `, with the new ${made.join(', ')}`}`,
    text: `${commented(comments)}${documents.join('---\n')}`,
  };
}

function commandLines(command: string, made: readonly string[]): readonly string[] {
  const first =
    made.length === 0
      ? 'The same by hand, for as long as nobody takes it back:'
      : 'The same by hand, for as long as nobody takes it back: create the first document (kubectl create -f), then';
  return [first, `  ${command}`];
}

/** A patch from which something is cut is another patch. */
function leftOut({ before }: PatchOrder): string {
  const fields = before.length === 0 ? 'by hand' : `of these fields by hand: ${before.map(pathOf).join(', ')}`;
  return `The patch is left out, because something in it looks like a secret. Make the change ${fields}.`;
}

function pathOf({ path }: FieldBefore): string {
  return path.join('.');
}

/** {@link patchCommand}; `null`: it holds what looks like a secret, so that it is shown nowhere. */
export function shownCommand(ref: ObjectRef, merge: JsonObject): string | null {
  const command = patchCommand(ref, merge);
  return withoutSecrets(command) === command ? command : null;
}

function fileName({ kind, namespace, name }: ObjectRef): string {
  const whole = `${kind}-${namespace ?? ''}-${name}`.replaceAll(/[^A-Za-z0-9._-]+/g, '-').replaceAll('--', '-');
  return whole.slice(0, 100);
}

const Named = z.object({ kind: z.string(), metadata: z.object({ name: z.string(), namespace: z.string().nullish() }) });

function nameOf(object: JsonObject): string {
  const { kind, metadata } = Named.parse(object);
  return `${kind} ${metadata.name}`;
}

/** What looks like a secret goes into no message: then the object is not in the file, because a part of it is another object. */
function documentOf(object: JsonObject): string {
  const text = toYaml(object);
  if (withoutSecrets(text) === text) return text;
  return commented([
    `${nameOf(object)} belongs here. It is left out, because something in it looks like a secret. Make it from the present`,
    'template, with this name and the fields that the check capi-image names.',
  ]);
}

/** Comments say nothing that looks like a secret: their words are no part of the patch. */
function commented(lines: readonly string[]): string {
  return `${lines.map((line) => `# ${oneLine(withoutSecrets(line))}`.trimEnd()).join('\n')}\n`;
}

/** The call as kubectl makes it. */
export function patchCommand({ apiVersion, kind, namespace, name }: ObjectRef, merge: JsonObject): string {
  const group = groupOf(apiVersion);
  const place = namespace === null ? '' : `-n ${namespace} `;
  const resource = `${kind.toLowerCase()}${group === '' ? '' : `.${group}`}`;
  return `kubectl ${place}patch ${resource} ${name} --type merge -p '${JSON.stringify(merge).replaceAll("'", "'\\''")}'`;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*[\r\n\u0085\u2028\u2029]+\s*/g, ' ');
}
