/** One column of a table. */
export interface Column {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  /** 0: always shown; 1: in wide output. */
  readonly priority: number;
}

/** A column of texts. */
export function column(name: string, description: string, priority = 0, type = 'string'): Column {
  return { name, type, format: '', description, priority };
}

/** The name, first in every table. */
export const NAME: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name of the object, unique in its namespace.',
  priority: 0,
};

/** The age. */
export const CREATED: Column = column('Age', 'How long ago the object was created.');
