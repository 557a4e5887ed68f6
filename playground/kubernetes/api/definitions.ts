import type { ApiObject, Fields, LocalApi } from '../contracts.ts';
import { conditionOf, kindsOf } from './custom-kinds.ts';
import { apiTime, at, fieldsOf, listAt, sameJson, textAt, textsAt } from './reading.ts';

const PATH = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

/** Accepts the names of definitions and establishes them, and clears away the objects of those that go, until the signal fires. */
export async function tendDefinitions(api: LocalApi, signal: AbortSignal): Promise<void> {
  /** Uids of the definitions that are being cleared away. */
  const going = new Set<string>();
  await api.follow(PATH, signal, ({ type, object }) => {
    const uid = textAt(object, 'metadata', 'uid');
    if (type === 'DELETED') going.delete(uid);
    else if (textAt(object, 'metadata', 'deletionTimestamp') === '') void establish(api, object);
    else if (!going.has(uid)) {
      going.add(uid);
      void clear(api, object, signal);
    }
  });
}

async function establish(api: LocalApi, definition: ApiObject): Promise<void> {
  const names = fieldsOf(at(definition, 'spec', 'names'));
  const accepted = sameJson(names, at(definition, 'status', 'acceptedNames'));
  if (accepted && conditionOf(definition, 'Established') === 'True') return;
  const conditions = [
    condition(definition, 'NamesAccepted', 'NoConflicts', 'no conflicts found'),
    condition(definition, 'Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
  ];
  const others = listAt(definition, 'status', 'conditions').filter(
    (each) => !['NamesAccepted', 'Established'].includes(textAt(each, 'type')),
  );
  await patch(api, definition, '/status', { status: { acceptedNames: names, conditions: [...conditions, ...others] } });
}

async function clear(api: LocalApi, definition: ApiObject, signal: AbortSignal): Promise<void> {
  if (!textsAt(definition, 'metadata', 'finalizers').includes(FINALIZER)) return;
  const [kind] = kindsOf(definition);
  const path = kind === undefined ? '' : `/apis/${kind.group}/${kind.version}/${kind.plural}`;
  await patch(api, definition, '/status', {
    status: {
      conditions: [
        ...listAt(definition, 'status', 'conditions').filter((each) => textAt(each, 'type') !== 'Terminating'),
        condition(definition, 'Terminating', 'InstanceDeletionInProgress', 'CustomResource deletion is in progress'),
      ],
    },
  });
  await api.request({ method: 'DELETE', path, agent: AGENT });
  if (!signal.aborted && (await isEmpty(api, path))) await release(api, definition);
  else await released(api, path, signal, () => release(api, definition));
}

/** Waits until the last object of the kind is gone: those with finalizers take their time. */
async function released(api: LocalApi, path: string, signal: AbortSignal, then: () => Promise<void>): Promise<void> {
  const found = new AbortController();
  const either = AbortSignal.any([signal, found.signal]);
  await api.follow(path, either, (event) => {
    if (event.type !== 'DELETED') return;
    void isEmpty(api, path).then((empty) => (empty ? found.abort() : undefined));
  });
  if (found.signal.aborted) await then();
}

async function isEmpty(api: LocalApi, path: string): Promise<boolean> {
  const { status, body } = await api.request({ method: 'GET', path: `${path}?limit=1` });
  return status === 200 && listAt(body, 'items').length === 0;
}

async function release(api: LocalApi, definition: ApiObject): Promise<void> {
  const finalizers = textsAt(definition, 'metadata', 'finalizers').filter((name) => name !== FINALIZER);
  await patch(api, definition, '', { metadata: { finalizers: finalizers.length === 0 ? null : finalizers } });
}

const AGENT = 'kube-apiserver';

async function patch(api: LocalApi, definition: ApiObject, part: string, body: Fields): Promise<void> {
  const path = `${PATH}/${textAt(definition, 'metadata', 'name')}${part}`;
  // What is not done now is done with the next change, or when the server starts again.
  await api.request({ method: 'PATCH', path, body, agent: AGENT });
}

function condition(definition: ApiObject, type: string, reason: string, message: string): Fields {
  const present = fieldsOf(listAt(definition, 'status', 'conditions').find((each) => textAt(each, 'type') === type));
  const lastTransitionTime = present['status'] === 'True' ? present['lastTransitionTime'] : apiTime();
  return { type, status: 'True', lastTransitionTime, reason, message };
}
