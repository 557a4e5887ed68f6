/** One sample of a Prometheus text page. */
export interface MetricSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?[ \t]+([^ \t]+)(?:[ \t]+-?\d+)?$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** Finds the samples of one metric in a page of the Prometheus text format. Lines it cannot read are passed over. */
export function findMetric(page: string, name: string): readonly MetricSample[] {
  return page
    .split('\n')
    .filter((line) => line.startsWith(name))
    .flatMap((line) => parseSample(line.trimEnd()))
    .filter((sample) => sample.name === name);
}

function parseSample(line: string): readonly MetricSample[] {
  const [, name, labels = '', text] = SAMPLE.exec(line) ?? [];
  if (name === undefined || text === undefined) return [];
  const value = readNumber(text);
  return value === null ? [] : [{ name, labels: readLabels(labels), value }];
}

function readLabels(text: string): Readonly<Record<string, string>> {
  const found: [string, string][] = [];
  for (const [, name = '', value = ''] of text.matchAll(LABEL)) {
    found.push([name, value.replace(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c))]);
  }
  return Object.fromEntries(found);
}

function readNumber(text: string): number | null {
  if (text === '+Inf' || text === 'Inf') return Number.POSITIVE_INFINITY;
  if (text === '-Inf') return Number.NEGATIVE_INFINITY;
  if (text === 'NaN') return Number.NaN;
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : null;
}
