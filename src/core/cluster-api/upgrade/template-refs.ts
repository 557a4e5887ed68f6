import type { KubernetesObject } from '../../ports/kubernetes.ts';
import { readDeploymentOwner, readPlaneOwner, type TemplateRef } from './owner.ts';

/** The templates that owners of machines name, each once: of machines and of what starts them. What cannot be read names none. */
export function templateRefsOf(objects: readonly KubernetesObject[]): readonly TemplateRef[] {
  const refs = objects.flatMap((object) => {
    try {
      if (object.kind === 'KubeadmControlPlane') return [readPlaneOwner(object).template];
      if (object.kind !== 'MachineDeployment') return [];
      const { template, bootstrap } = readDeploymentOwner(object);
      return [template, bootstrap];
    } catch {
      return [];
    }
  });
  const found = new Map<string, TemplateRef>();
  for (const ref of refs) if (ref !== null) found.set(`${ref.group}/${ref.kind}/${ref.name}`, ref);
  return [...found.values()];
}
