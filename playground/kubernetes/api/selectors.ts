import type { ApiObject, Attempt, Refusal } from '../contracts.ts';
import { fieldsOf, textAt } from './reading.ts';
import { badRequest, done, refused } from './refusals.ts';

/** Whether an object is meant. */
export type Selector = (object: ApiObject) => boolean;

type Labels = Readonly<Record<string, unknown>>;

const TOKEN = /\s*(==|!=|=|!|,|\(|\)|<|>|[^\s=!,()<>]+)/g;
const SYMBOL = /^[=!,()<>]/;

/** Tokens, read one after the other. */
interface Tokens {
  peek(): string | undefined;
  next(): string | undefined;
}

/** Reads a label selector: `a=b,c in (d,e),!f`. */
export function labelSelector(text: string): Attempt<Selector> {
  const tokens = tokensOf(text);
  const tests: ((labels: Labels) => boolean)[] = [];
  while (tokens.peek() !== undefined) {
    const test = requirement(tokens);
    if (!test.ok) return test;
    tests.push(test.value);
    const comma = tokens.next();
    if (comma === undefined) break;
    if (comma !== ',') return refused(unparsable(comma, "',' or 'end of string'"));
    if (tokens.peek() === undefined) return refused(unparsable('', "identifier after ','"));
  }
  return done((object) => {
    const labels = fieldsOf(object.metadata['labels']);
    return tests.every((test) => test(labels));
  });
}

function requirement(tokens: Tokens): Attempt<(labels: Labels) => boolean> {
  const first = tokens.next();
  if (first === '!') {
    const absent = tokens.next();
    if (absent === undefined || SYMBOL.test(absent)) return refused(unparsable(absent ?? '', 'identifier'));
    return done((labels) => labels[absent] === undefined);
  }
  if (first === undefined || SYMBOL.test(first))
    return refused(unparsable(first ?? '', "!, identifier, or 'end of string'"));
  return operation(first, tokens);
}

function operation(name: string, tokens: Tokens): Attempt<(labels: Labels) => boolean> {
  const operator = tokens.peek();
  if (operator !== ',') tokens.next();
  switch (operator) {
    case undefined:
    case ',':
      return done((labels) => labels[name] !== undefined);
    case '=':
    case '==':
    case '!=': {
      const value = tokens.peek() === ',' ? '' : (tokens.next() ?? '');
      if (SYMBOL.test(value)) return refused(unparsable(value, 'identifier'));
      return done((labels) => (labels[name] === value) === (operator !== '!='));
    }
    case '<':
    case '>': {
      const bound = Number(tokens.next());
      if (Number.isNaN(bound)) return refused(badRequest("for 'Gt', 'Lt' operators, the value must be an integer"));
      return done((labels) => (operator === '<' ? Number(labels[name]) < bound : Number(labels[name]) > bound));
    }
    case 'in':
    case 'notin': {
      const values = valuesOf(tokens);
      if (!values.ok) return values;
      return done((labels) => {
        const label = labels[name];
        return (typeof label === 'string' && values.value.has(label)) === (operator === 'in');
      });
    }
    default:
      return refused(unparsable(operator, `in, notin, =, ==, !=, gt, lt`));
  }
}

function valuesOf(tokens: Tokens): Attempt<ReadonlySet<string>> {
  const open = tokens.next();
  if (open !== '(') return refused(unparsable(open ?? '', `'('`));
  const found = new Set<string>();
  for (let token = tokens.next(); token !== ')'; token = tokens.next()) {
    if (token === undefined) return refused(unparsable('', `',' or ')'`));
    if (token !== ',') found.add(token);
  }
  return done(found);
}

function tokensOf(text: string): Tokens {
  const all = [...text.matchAll(TOKEN)].map((match) => match[1] ?? '');
  let index = 0;
  return {
    peek: () => all[index],
    next() {
      const token = all[index];
      index += 1;
      return token;
    },
  };
}

function unparsable(found: string, expected: string): Refusal {
  return badRequest(`unable to parse requirement: found '${found}', expected: ${expected}`);
}

const COMMON = new Set(['metadata.name', 'metadata.namespace']);
const INDEXED: Readonly<Record<string, readonly string[]>> = {
  pods: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.podIPs',
    'status.nominatedNodeName',
  ],
  nodes: ['spec.unschedulable'],
  namespaces: ['status.phase'],
  secrets: ['type'],
  replicasets: ['status.replicas'],
  jobs: ['status.successful'],
  services: ['spec.clusterIP', 'spec.type'],
  certificatesigningrequests: ['spec.signerName'],
  events: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
};
const FALSE_WHEN_ABSENT = new Set(['spec.unschedulable', 'spec.hostNetwork']);

/** Reads a field selector: `spec.nodeName=a,status.phase!=Running`. Only what the kind indexes is known. */
export function fieldSelector(text: string, plural: string): Attempt<Selector> {
  const tests: Selector[] = [];
  for (const term of text.split(',').filter((each) => each.trim() !== '')) {
    const match = /^\s*([^=!\s]+)\s*(==|!=|=)(.*)$/.exec(term);
    if (match === null) return refused(badRequest(`invalid selector: '${text}'; can't understand '${term}'`));
    const [, name = '', operator = '', value = ''] = match;
    if (!COMMON.has(name) && !(INDEXED[plural] ?? []).includes(name))
      return refused(badRequest(`field label not supported: ${name}`));
    tests.push((object) => (fieldText(object, name) === value.trim()) === (operator !== '!='));
  }
  return done((object) => tests.every((test) => test(object)));
}

function fieldText(object: ApiObject, name: string): string {
  if (name === 'source') return textAt(object, 'source', 'component') || textAt(object, 'reportingComponent');
  const path = name.split('.');
  const last = path.at(-1) ?? '';
  const parent = path.slice(0, -1).reduce<unknown>((found, part) => fieldsOf(found)[part], object);
  const value = fieldsOf(parent)[last];
  if (value === undefined && FALSE_WHEN_ABSENT.has(name)) return 'false';
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
