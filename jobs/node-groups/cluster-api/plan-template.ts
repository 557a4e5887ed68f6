import type { CapiChange } from '../../../src/core/cluster-api/upgrade/change.ts';
import { copyName, copyTemplate, machineSpecOf } from '../../../src/core/cluster-api/upgrade/clone-template.ts';
import { type ImagePlan, planImage } from '../../../src/core/cluster-api/upgrade/image.ts';
import type { CapiOwner } from '../../../src/core/cluster-api/upgrade/owner.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import type { Check } from '../../../src/core/plan.ts';
import type { GroupPlanContext, UpgradeOrder } from '../provider.ts';
import { readTemplate } from './read-template.ts';

/** What becomes of the template of an owner, and what is said of it. With a blocking check `template` says nothing. */
export interface TemplatePlan {
  readonly template: CapiChange['template'];
  /** The new template as it is made; `null`: none is. */
  readonly made: JsonObject | null;
  readonly checks: readonly Check[];
}

interface TemplateReads extends Pick<GroupPlanContext, 'signal'> {
  readonly ports: Pick<GroupPlanContext['ports'], 'management'>;
}

/** Finds the field of the template that names the image, and plans a copy with the image of the new version. */
export async function planTemplate(
  { ports, signal }: TemplateReads,
  owner: Pick<CapiOwner, 'kind' | 'namespace' | 'name' | 'version' | 'template'>,
  { to, options }: Pick<UpgradeOrder, 'to' | 'options'>,
): Promise<TemplatePlan> {
  const { template: ref } = owner;
  const given = typeof options['image'] === 'string' ? options['image'] : null;
  if (ref === null)
    return { template: null, made: null, checks: [block(`${owner.kind} ${owner.name} names no machine template`)] };
  const read = await readTemplate(ports.management, ref, owner.namespace, signal);
  if (!read.ok)
    return {
      template: null,
      made: null,
      checks: [block(`${ref.kind} ${ref.name} could not be read: ${read.error.message}`)],
    };
  const template = read.value;
  const image = planImage({ kind: ref.kind, spec: machineSpecOf(template), from: owner.version, to, given });
  if (image.kind === 'unclear')
    return { template: null, made: null, checks: [block(`${ref.kind} ${ref.name}: ${image.why}`)] };
  const said = imageCheck(`${ref.kind} ${ref.name}`, image, to, owner.kind === 'KubeadmControlPlane');
  if (image.kind !== 'set') return { template: { ref, toName: ref.name, copy: null }, made: null, checks: [said] };
  const images = image.fields.map(({ path, from, to: next }) => ({ path: [...path], from, to: next }));
  const toName = copyName(template, { version: to, images });
  const copy = { apiVersion: template.apiVersion, uid: template.metadata.uid, name: toName, images };
  const made = copyTemplate(template, { version: to, images }, null);
  return { template: { ref, toName, copy }, made, checks: [said] };
}

function imageCheck(
  name: string,
  image: Exclude<ImagePlan, { readonly kind: 'unclear' }>,
  to: string,
  isControlPlane: boolean,
): Check {
  const id = 'capi-image';
  if (image.kind === 'untold') return untoldCheck(`${name} ${image.why}`, isControlPlane);
  if (image.kind === 'by-version') {
    const evidence = `${name} names no image: its provider looks it up by the version ${to}`;
    return { id, verdict: 'pass', title: 'The image follows the version', evidence };
  }
  if (image.kind === 'by-minor') {
    const evidence = `${name} ${image.why}; name the image of ${to} with --image to be sure`;
    return { id, verdict: 'warn', title: 'The image is the newest of its minor version', evidence };
  }
  const fields = image.fields
    .map(({ path, from, to: next }) => `${path.join('.')}: ${from || 'unset'} → ${next}`)
    .join(', ');
  const left = image.left === '' ? '' : `; what stands in a list stays as it is: ${image.left}`;
  const evidence = `a copy of ${name} with ${fields}${left}; whether that image exists is known only when a machine starts`;
  if (image.left !== '') return untoldCheck(evidence, isControlPlane);
  const found = FOUND[image.how];
  return found === undefined
    ? { id, verdict: 'pass', title: 'A new machine template is made', evidence }
    : { id, verdict: 'warn', title: found, evidence };
}

/** Of a kind that is not known: that the field is the one of the image is guessed. */
const FOUND: Readonly<Record<string, string>> = {
  found: 'The image was found by the old version in it',
  'given-found': 'The image goes where the old version was found',
};

/** A node group that comes from the old image can be taken back within a minor version; a control plane cannot. */
function untoldCheck(why: string, isControlPlane: boolean): Check {
  const [id, title] = ['capi-image', 'Which image the machines get cannot be told'];
  if (!isControlPlane) return { id, verdict: 'warn', title, evidence: why };
  const evidence = `${why}; a control plane does not go back, so upgrade it by hand, or use a template that has the version in the name of its image`;
  return { id, verdict: 'block', title, evidence };
}

function block(evidence: string): Check {
  return {
    id: 'capi-image',
    verdict: 'block',
    title: 'The machine template of the new version cannot be told',
    evidence,
  };
}
