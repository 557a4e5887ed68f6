import { type Json, JsonObject, sameJson } from '../json.ts';
import type { ObjectRef } from '../ports/kubernetes.ts';
import type { GitopsFinding, Place } from './finding.ts';

/** A field with what it is now; `null`: it is not there. */
export interface FieldBefore {
  readonly path: readonly string[];
  readonly value: Json;
}

/** What is said of the documents of a file. */
export interface Documents {
  readonly ref: Pick<ObjectRef, 'kind' | 'name'>;
  readonly merge: JsonObject;
  /** New objects, before the patch: `DevMachineTemplate capi-md-0-1a2b3c4d`. */
  readonly made: readonly string[];
  readonly findings: readonly GitopsFinding[];
}

/** Where the change belongs, most particular first: each line is a sentence. */
export function placeLines(documents: Documents): readonly string[] {
  const places = new Set(documents.findings.map(({ place }) => place));
  const lines = ORDER.filter((place) => places.has(place)).flatMap((place) => LINES[place](documents));
  return lines.length === 0 ? LINES.manifest(documents) : lines;
}

const ORDER = ['topology', 'chart', 'manifest', 'elsewhere'] as const satisfies readonly Place[];

const LINES = {
  topology: () => [
    'The topology of the Cluster makes the object, and takes every other change of it back: its version is changed there, and nowhere else.',
  ],
  chart: ({ findings, made }) => [
    `A chart of Helm renders the object (${namesOf(findings, 'chart')}). Nothing of this file is committed as it is: set the values of the release that these fields come from, or where the chart has none for them, its templates.`,
    made.length === 0
      ? 'What follows is the patch that the chart has to come to.'
      : `What follows is what the chart has to render: first ${made.join(', ')}, which is new, then the patch that names it. Both belong into one release: without that template no machine can be made.`,
  ],
  manifest: ({ ref, merge, made }) =>
    made.length === 0
      ? [
          'In Git: put these fields into the manifest of the object, or list this file under "patches" of its kustomization.',
          ...(namesTemplate(merge) ? [STANDS] : []),
        ]
      : [
          'In Git, in this order:',
          `1. ${made.join(', ')} is new: commit the first document as a manifest of its own (of a kustomization: a file under "resources").`,
          `2. The second document is a patch: put its fields into the manifest of ${ref.kind} ${ref.name} (of a kustomization: a file under "patches").`,
          'Both in one commit, or the first one earlier: without that template no machine can be made.',
          'The template of before stays in Git until no machine is made from it any more; the way back needs it too.',
        ],
  elsewhere: ({ findings }) => [`The same has to be put where ${namesOf(findings, 'elsewhere')} has it.`],
} as const satisfies Record<Place, (documents: Documents) => readonly string[]>;

const STANDS = 'The template that it names is in the cluster already, and has to be in Git too.';

function namesOf(findings: readonly GitopsFinding[], wanted: Place): string {
  return [...new Set(findings.filter(({ place }) => place === wanted).map(({ who }) => who))].join(', ');
}

function namesTemplate(merge: JsonObject): boolean {
  return /"(?:infrastructureRef|configRef)"/.test(JSON.stringify(merge));
}

/** `spec.version: v1.30.6 becomes v1.31.4`, of each field that becomes another one. */
export function changeLines(merge: JsonObject, before: readonly FieldBefore[]): readonly string[] {
  return before.flatMap(({ path, value }) => {
    const after = valueAt(merge, path) ?? null;
    return sameJson(value, after) ? [] : [`${path.join('.')}: ${said(value)} becomes ${said(after)}`];
  });
}

function said(value: Json): string {
  return value === null ? 'nothing' : typeof value === 'string' ? value : JSON.stringify(value);
}

/** What stands at a path; `undefined`: nothing. */
export function valueAt(object: unknown, path: readonly string[]): Json | undefined {
  let at: Json | undefined;
  let within = JsonObject.safeParse(object).data;
  for (const name of path) {
    at = within !== undefined && Object.hasOwn(within, name) ? within[name] : undefined;
    within = JsonObject.safeParse(at).data;
  }
  return at;
}
