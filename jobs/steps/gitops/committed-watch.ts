import { readApplication } from '../../../src/core/gitops/argo.ts';
import { isCommitted } from '../../../src/core/gitops/committed.ts';
import { defineWatch } from '../../../src/core/runbook.ts';
import { beforeChange } from './before-change.ts';
import { readObject, seeObjects } from './ports.ts';
import { GitopsInput } from './suspend-step.ts';

/** Kind of {@link committedWatch}. */
export const COMMITTED = 'gitops.committed@1';

/** Looks whether Git has the change, by what Argo CD says of each Application. Of Flux, and of fields that Argo CD does not compare, nobody but people can tell. */
export const committedWatch = defineWatch({
  kind: COMMITTED,
  input: GitopsInput,
  needs: ['kubernetes', 'management'],
  everyMs: 15_000,
  look: async ({ ports, signal, outputs }, { suspended }) => {
    const words: string[] = [];
    for (const { suspension, objects } of suspended) {
      if (suspension.way !== 'argo') return null;
      const live = await seeObjects(ports, objects, 'after', signal);
      if (!live.ok || live.differing.length > 0) return null;
      const read = await readObject(ports, suspension, signal);
      const isSame = read.ok && read.object?.metadata.uid === suspension.uid;
      const application = isSame && read.object !== null ? readApplication(read.object) : null;
      if (application === null) return null;
      const committed = isCommitted(application, live.objects, objects, beforeChange(outputs, suspension));
      if (committed.is !== 'committed') return null;
      words.push(committed.words);
    }
    return { seen: words.join('; ') };
  },
});
