import type { ApiObject, Fields } from '../contracts.ts';
import { versionOf } from './custom-kinds.ts';
import { ageOf } from './durations.ts';
import type { ServedKind } from './kinds.ts';
import { listAt, numberAt, textAt } from './reading.ts';
import { type Column, CREATED, NAME } from './table-columns.ts';
import { customCell } from './table-custom.ts';
import { NODE_COLUMNS, nodeCells } from './table-nodes.ts';
import { PLAIN_TABLES } from './table-plain.ts';
import { POD_COLUMNS, podCells } from './table-pods.ts';

/** What a table is made for. */
export interface TableView {
  readonly kind: ServedKind;
  /** What of the object goes with its row; `null`: nothing. */
  rowObject(object: ApiObject): Fields | null;
}

interface Printed {
  readonly columns: readonly Column[];
  cells(object: ApiObject, now: number): readonly unknown[];
}

/** The table that the server prints of objects. */
export function tableOf(objects: readonly ApiObject[], metadata: unknown, view: TableView, defined: boolean): Fields {
  const printed = printedOf(view.kind);
  const now = Date.now();
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    ...(defined ? { columnDefinitions: printed.columns } : {}),
    rows: objects.map((object) => ({ cells: printed.cells(object, now), object: view.rowObject(object) })),
  };
}

function printedOf(kind: ServedKind): Printed {
  if (kind.definition !== null) return customTable(kind);
  if (kind.group === '' && kind.plural === 'nodes') return { columns: NODE_COLUMNS, cells: nodeCells };
  if (kind.group === '' && kind.plural === 'pods') return { columns: POD_COLUMNS, cells: podCells };
  const plain = PLAIN_TABLES[`${kind.group}/${kind.plural}`];
  if (plain === undefined) {
    return {
      columns: [NAME, { ...CREATED, name: 'Created At' }],
      cells: (object) => [nameOf(object), textAt(object, 'metadata', 'creationTimestamp')],
    };
  }
  return plain;
}

function nameOf(object: ApiObject): string {
  return textAt(object, 'metadata', 'name');
}

function customTable(kind: ServedKind): Printed {
  const declared = listAt(versionOf(kind), 'additionalPrinterColumns').map((each) => {
    const path = textAt(each, 'jsonPath');
    const column: Column = {
      name: textAt(each, 'name'),
      type: textAt(each, 'type'),
      format: textAt(each, 'format'),
      description: textAt(each, 'description') || `Custom resource definition column (in JSONPath format): ${path}`,
      priority: numberAt(each, 'priority') ?? 0,
    };
    return { column, path };
  });
  if (declared.length === 0)
    return { columns: [NAME, CREATED_CUSTOM], cells: (object, now) => [nameOf(object), ageOf(object, now)] };
  return {
    columns: [NAME, ...declared.map((each) => each.column)],
    cells: (object, now) => [
      nameOf(object),
      ...declared.map(({ path, column }) => customCell(object, path, column.type, now)),
    ],
  };
}

const CREATED_CUSTOM: Column = { ...CREATED, type: 'date' };
