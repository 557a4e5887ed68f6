import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { PlaygroundCluster } from '../../playground/kubernetes/cluster.ts';

/** What one drain of all nodes took. */
export interface Drained {
  readonly ms: number;
  /** Requests that were sent to the API server. */
  readonly requests: number;
  /** Evictions that were sent, and those of them that a budget refused. */
  readonly evictions: number;
  readonly refused: number;
}

/** A request as kubectl logs it with `-v=6`, in the form of 1.32 and in that of later versions. */
const REQUEST =
  /(?:\b(?<plain>GET|POST|PATCH|PUT|DELETE) (?<at>\S+) (?<code>\d{3})\b|verb="(?<verb>\w+)" url="(?<url>[^"]+)" status="(?<status>\d{3}))/;

interface Counted {
  requests: number;
  evictions: number;
  refused: number;
}

/** One kubectl; counts what it sends. @throws Error with its output when it fails. */
async function kubectl(
  program: string,
  cluster: PlaygroundCluster,
  words: readonly string[],
  counted: Counted,
): Promise<void> {
  const cache = `--cache-dir=${join(cluster.directory, 'kubectl-cache')}`;
  const child = spawn(program, ['-v=6', `--kubeconfig=${cluster.kubeconfig}`, cache, ...words], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let rest = '';
  let tail: readonly string[] = [];
  child.stderr.setEncoding('utf8');
  child.stderr.on('data', (text: string) => {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) count(line, counted);
    tail = [...tail, ...lines].slice(-5);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code !== 0) throw new Error(`kubectl ${words.join(' ')} ended with ${code}:\n${tail.join('\n')}`);
}

function count(line: string, counted: Counted): void {
  const found = REQUEST.exec(line)?.groups;
  if (found === undefined) return;
  counted.requests += 1;
  const url = found['at'] ?? found['url'] ?? '';
  if (!url.includes('/eviction')) return;
  counted.evictions += 1;
  if ((found['code'] ?? found['status']) === '429') counted.refused += 1;
}

/** A `kubectl drain` of all nodes by their label: one after another. */
export async function inSeries(program: string, cluster: PlaygroundCluster, label: string): Promise<Drained> {
  return await measured(async (counted) => {
    await kubectl(program, cluster, ['drain', '-l', label, '--ignore-daemonsets'], counted);
  });
}

/** All nodes cordoned by their label first, then so many `kubectl drain` of one node each at once. */
export async function inParallel(
  program: string,
  cluster: PlaygroundCluster,
  { label, nodes, atOnce }: { readonly label: string; readonly nodes: readonly string[]; readonly atOnce: number },
): Promise<Drained> {
  return await measured(async (counted) => {
    await kubectl(program, cluster, ['cordon', '-l', label], counted);
    const left = [...nodes];
    const work = async (): Promise<void> => {
      for (let node = left.shift(); node !== undefined; node = left.shift()) {
        await kubectl(program, cluster, ['drain', node, '--ignore-daemonsets'], counted);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
  });
}

async function measured(act: (counted: Counted) => Promise<void>): Promise<Drained> {
  const counted: Counted = { requests: 0, evictions: 0, refused: 0 };
  const beganMs = performance.now();
  await act(counted);
  return { ms: performance.now() - beganMs, ...counted };
}
