import type { KubernetesResult } from '../../core/ports/kubernetes.ts';
import type { ServerMetrics } from '../../core/ports/server-metrics.ts';
import type { Session } from './address.ts';
import type { ReadBody } from './body.ts';
import { pathAttributes } from './discovery.ts';
import { type ApiRequest, perform, within } from './link.ts';
import { answered, failed } from './outcome.ts';
import { READ_PATIENCE_MS } from './retry-after.ts';

const PATH = '/metrics';
/** Most bytes that are read through. API servers of large clusters answer some tens of MB. */
const MOST_READ = 128 << 20;
const MOST_KEPT = 1 << 20;

/** Reads metrics of the API server: what is not asked for is dropped while it comes. */
export function metricsMethods(session: Session): ServerMetrics {
  return {
    metrics(names, call) {
      const request: ApiRequest = { method: 'GET', path: PATH, accept: 'text/plain', what: pathAttributes(PATH) };
      const read = samplesOf(new Set(names), call.maxBytes ?? MOST_KEPT);
      return within(session.link, call, (deadline) => perform(session.link, request, deadline, read), READ_PATIENCE_MS);
    },
  };
}

function samplesOf(names: ReadonlySet<string>, mostKept: number): ReadBody<string> {
  return async ({ body }) => {
    const decoder = new TextDecoder();
    const kept: string[] = [];
    let rest = '';
    let read = 0;
    let size = 0;
    function keep(line: string): void {
      const [name = ''] = /^\w+/.exec(line) ?? [];
      if (!names.has(name)) return;
      kept.push(`${line}\n`);
      size += line.length + 1;
    }
    for await (const chunk of body) {
      read += chunk.length;
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) keep(line);
      if (read > MOST_READ || size > mostKept || rest.length > mostKept) {
        body.destroy();
        return tooLarge(read > MOST_READ ? MOST_READ : mostKept);
      }
    }
    keep(rest);
    return size > mostKept ? tooLarge(mostKept) : answered(kept.join(''));
  };
}

function tooLarge(most: number): KubernetesResult<string> {
  return failed('too-large', `the metrics have more than ${most} bytes`);
}
