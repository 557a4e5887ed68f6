import { stringify as toYaml } from 'yaml';
import type { ApiObject, Fields } from '../contracts.ts';
import type { Answer, WatchEvent } from './core.ts';
import type { ServedKind } from './kinds.ts';
import type { Form } from './media.ts';
import { fieldsOf, isObject } from './reading.ts';
import { type TableView, tableOf } from './tables.ts';

/** What a request wants to see of objects. */
export interface View {
  readonly form: Form;
  /** `null`: the path is about no kind. */
  readonly kind: ServedKind | null;
  /** Which object comes with a row of a table: none, its metadata, or all of it. */
  readonly includes: 'None' | 'Metadata' | 'Object';
}

const PARTIAL = { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' };

/** The JSON value of an answer with objects. */
export function formed(answer: Extract<Answer, { is: 'object' | 'list' }>, view: View): Fields {
  if (answer.is === 'object') return formedObject(answer.body, view);
  const { items, body } = answer;
  const metadata = body['metadata'];
  if (view.form.as === 'table' && view.kind !== null) return tableOf(items, metadata, tableView(view, view.kind), true);
  if (view.form.as === 'partial')
    return { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata, items: items.map(partial) };
  if (view.kind?.definition === null) return { ...body, items: items.map(untyped) };
  return { ...body, metadata: { continue: '', ...fieldsOf(metadata) }, items };
}

function formedObject(body: Fields, view: View): Fields {
  if (view.form.as === 'object' || view.kind === null || !isObject(body) || body.kind !== view.kind.kind) return body;
  if (view.form.as === 'partial') return partial(body);
  const metadata = { resourceVersion: body.metadata['resourceVersion'] };
  return tableOf([body], metadata, tableView(view, view.kind), true);
}

/** Turns the events of one watch into their form. The columns of a table come with its first event only. */
export function eventFormer(view: View): (event: WatchEvent) => Fields {
  let first = true;
  return ({ type, object }) => {
    if (type === 'ERROR' || view.kind === null || !isObject(object)) return { type, object };
    if (view.form.as === 'partial') return { type, object: partial(object) };
    if (view.form.as !== 'table') return { type, object };
    const metadata = { resourceVersion: object.metadata['resourceVersion'] };
    const rows = type === 'BOOKMARK' ? [] : [object];
    const table = tableOf(rows, metadata, tableView(view, view.kind), first);
    first = false;
    return { type, object: table };
  };
}

/** The text of a value in the wanted medium. */
export function written(value: unknown, form: Form): string {
  return form.media === 'yaml' ? toYaml(value) : `${JSON.stringify(value)}\n`;
}

function partial(object: ApiObject): Fields {
  return { ...PARTIAL, metadata: object.metadata };
}

function untyped(object: ApiObject): Fields {
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = object;
  return rest;
}

function tableView(view: View, kind: ServedKind): TableView {
  return {
    kind,
    rowObject(object) {
      if (view.includes === 'None') return null;
      return view.includes === 'Object' ? object : partial(object);
    },
  };
}
