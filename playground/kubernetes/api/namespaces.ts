import type { Attempt } from '../contracts.ts';
import { decodeStored } from '../store/decode.ts';
import type { Call } from './core.ts';
import { textAt } from './reading.ts';
import { done, forbidden, notFound, refused } from './refusals.ts';

const PROTECTED = new Set(['default', 'kube-system', 'kube-public']);
const NAMESPACE = { group: '', plural: 'namespaces', kind: 'Namespace' };
const REVIEWS = 'authorization.k8s.io';

/** Nothing is created in a namespace that is missing or goes; some namespaces never go. */
export async function namespaceLifecycle(call: Call, operation: string, name: string): Promise<Attempt<null>> {
  const { kind, namespace } = call;
  if (operation === 'DELETE' && kind.plural === 'namespaces' && kind.group === '' && PROTECTED.has(name))
    return refused(forbidden(NAMESPACE, name, 'this namespace may not be deleted'));
  if (operation !== 'CREATE' || !kind.namespaced || kind.group === REVIEWS) return done(null);
  const key = `/registry/namespaces/${namespace}`;
  const cached = call.core.cache.get(key)?.object;
  // What the cache does not know yet may be there all the same.
  const stored = cached === undefined ? await call.core.store.get(key, call.left()) : null;
  const found = cached ?? (stored === null ? undefined : decodeStored(stored));
  if (found === undefined) return refused(notFound(NAMESPACE, namespace));
  if (textAt(found, 'metadata', 'deletionTimestamp') === '') return done(null);
  return refused(
    forbidden(kind, name, `unable to create new content in namespace ${namespace} because it is being terminated`, [
      {
        reason: 'NamespaceTerminating',
        message: `namespace ${namespace} is being terminated`,
        field: 'metadata.namespace',
      },
    ]),
  );
}
