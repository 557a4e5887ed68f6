import { isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument } from 'yaml';
import type { ConfigProblem } from './problem.ts';

/** A parsed YAML file that knows on which line each field stands. */
export interface YamlSource {
  readonly file: string;
  /** Plain data; `undefined` when the text is no YAML. */
  readonly data: unknown;
  /** Line of the field at this path, or of the nearest field above it that exists. From 1. */
  lineOf(path: readonly PropertyKey[]): number;
  /** Problems of the text itself: syntax, duplicate keys. */
  readonly problems: readonly ConfigProblem[];
}

/** Parses YAML 1.2. Duplicate keys and more than one document are problems; anchors and aliases are followed. */
export function parseYamlSource(file: string, text: string): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const problems = [...document.errors, ...document.warnings].map((error) => ({
    file,
    line: lines.linePos(error.pos[0]).line,
    path: '',
    found: null,
    expected: describeError(error.code, error.message),
  }));
  const readable =
    problems.length === 0 ? readData(file, () => document.toJS({ maxAliasCount: 100 })) : { data: undefined, problems };
  const root = document.contents;
  return {
    file,
    ...readable,
    lineOf: (path) => {
      const offset = offsetOf(root, path);
      return offset === null ? 1 : Math.max(1, lines.linePos(offset).line);
    },
  };
}

function readData(file: string, read: () => unknown): { data: unknown; problems: readonly ConfigProblem[] } {
  try {
    return { data: read(), problems: [] };
  } catch {
    return {
      data: undefined,
      problems: [
        {
          file,
          line: null,
          path: '',
          found: null,
          expected: 'an alias points to nothing, or aliases multiply without end',
        },
      ],
    };
  }
}

function describeError(code: string, message: string): string {
  if (code === 'DUPLICATE_KEY') return 'this key stands here twice; keep one';
  // Whatever quotes the text is left out: it may hold a secret, and one that begins with ! or | is no text in YAML.
  if (code === 'TAG_RESOLVE_FAILED') return 'not valid YAML: a text that begins with ! needs quotes';
  const [first = ''] = message.split('\n');
  return `not valid YAML: ${code === 'UNEXPECTED_TOKEN' ? (first.split(': ')[0] ?? '') : first}`;
}

function offsetOf(root: Node | null, path: readonly PropertyKey[]): number | null {
  let node: unknown = root;
  let offset = root?.range?.[0] ?? null;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find((each) => keyOf(each) === String(part));
      if (pair === undefined) return offset;
      offset = rangeStart(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof part === 'number') {
      const item = node.items[part];
      if (item === undefined) return offset;
      offset = rangeStart(item) ?? offset;
      node = item;
    } else {
      return offset;
    }
  }
  return offset;
}

function keyOf(pair: Pair): string | null {
  return isScalar(pair.key) ? String(pair.key.value) : null;
}

function rangeStart(node: unknown): number | null {
  if (isScalar(node) || isMap(node) || isSeq(node)) return node.range?.[0] ?? null;
  return null;
}
