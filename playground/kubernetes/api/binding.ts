import type { Attempt } from '../contracts.ts';
import { storeChange } from './changing.ts';
import type { Answer, Call } from './core.ts';
import { readBody } from './media.ts';
import { apiTime, fieldsOf, listAt, textAt } from './reading.ts';
import { readStored } from './reads.ts';
import { conflict, done, modified, notFound, refused } from './refusals.ts';
import { writeOptions } from './write-options.ts';

/** `pods/binding`: gives a pod its node. */
export async function bindPod(call: Call): Promise<Attempt<Answer>> {
  const options = writeOptions(call);
  if (!options.ok) return options;
  const body = readBody(call.body, call.contentType, 'Binding');
  if (!body.ok) return body;
  const node = textAt(body.value.value, 'target', 'name');
  for (let attempt = 1; attempt <= 200; attempt += 1) {
    const live = await readStored(call);
    if (live === null) return refused(notFound(call.kind, call.name));
    const bound = textAt(live, 'spec', 'nodeName');
    if (bound !== '')
      return refused(conflict(call.kind, call.name, `pod ${call.name} is already assigned to node "${bound}"`));
    const others = listAt(live, 'status', 'conditions').filter((each) => textAt(each, 'type') !== 'PodScheduled');
    const scheduled = { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: apiTime() };
    const next = {
      ...live,
      spec: { ...fieldsOf(live['spec']), nodeName: node },
      status: { ...fieldsOf(live['status']), conditions: [...others, scheduled] },
    };
    const changed = await storeChange(call, { live, next, options: options.value, part: 'binding' });
    if (changed === 'stale') continue;
    if (!changed.ok) return changed;
    return done({
      is: 'object',
      status: 201,
      body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 },
    });
  }
  return refused(modified(call.kind, call.name));
}
