import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { KUBECTL } from './cluster-pods.ts';
import { ROOT, runProgram } from './repository.ts';

const Rendered = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    labels: z.record(z.string(), z.string()).default({}),
  }),
});
/** An object as an installer would apply it. */
export type Rendered = z.infer<typeof Rendered>;

/** What `kubectl kustomize` makes of a folder; the path is from the repository's top, or absolute. */
export function render(folder: string): readonly Rendered[] {
  const { status, stdout, stderr } = runProgram(KUBECTL, ['kustomize', folder], { cwd: ROOT });
  if (status !== 0) throw new Error(`kubectl kustomize ${folder}: ${stderr}`);
  return parseAllDocuments(stdout).map((document) => Rendered.parse(document.toJS()));
}

/** The one object of that kind and name. */
export function objectNamed(objects: readonly Rendered[], kind: string, name: string): Rendered {
  const found = objects.filter((each) => each.kind === kind && each.metadata.name === name);
  const [only] = found;
  if (only === undefined || found.length > 1) throw new Error(`${found.length} objects ${kind} ${name}`);
  return only;
}

/** Folder of a runbook's rights, or of a way to etcd beside them. */
export function roleFolder(...parts: readonly string[]): string {
  return join('deploy/kustomize/roles', ...parts);
}
