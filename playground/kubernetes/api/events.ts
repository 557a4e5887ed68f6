import type { ApiObject, Fields } from '../contracts.ts';
import { at } from './reading.ts';

/** Core name of a field → its name in events.k8s.io. */
const RENAMED: Readonly<Record<string, string>> = {
  involvedObject: 'regarding',
  message: 'note',
  source: 'deprecatedSource',
  firstTimestamp: 'deprecatedFirstTimestamp',
  lastTimestamp: 'deprecatedLastTimestamp',
  count: 'deprecatedCount',
  reportingComponent: 'reportingController',
};
const BACK = Object.fromEntries(Object.entries(RENAMED).map(([core, named]) => [named, core]));

/** A core event in the words of events.k8s.io/v1. */
export function eventToV1(event: ApiObject): ApiObject {
  return { ...renamed(event, RENAMED), apiVersion: 'events.k8s.io/v1', kind: 'Event', metadata: event.metadata };
}

/** An event of events.k8s.io/v1 as it is stored: in the words of the core group. */
export function eventFromV1(event: ApiObject): ApiObject {
  const fields = renamed(event, BACK);
  return {
    source: {},
    firstTimestamp: null,
    lastTimestamp: null,
    ...fields,
    involvedObject: at(event, 'regarding') ?? {},
    apiVersion: 'v1',
    kind: 'Event',
    metadata: event.metadata,
  };
}

function renamed(event: ApiObject, names: Readonly<Record<string, string>>): Fields {
  return Object.fromEntries(Object.entries(event).map(([name, value]) => [names[name] ?? name, value]));
}
