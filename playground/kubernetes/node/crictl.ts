// `crictl` of a simulated node: `ps` of the containers that its agent runs. Everything else ends with 1 and says so.
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { z } from 'zod';

const Containers = z.array(
  z.object({
    id: z.string(),
    name: z.string(),
    attempt: z.number(),
    state: z.enum(['CONTAINER_RUNNING', 'CONTAINER_EXITED']),
    startedAt: z.string(),
    image: z.string(),
    exitCode: z.number().nullable(),
    pod: z.object({ name: z.string(), namespace: z.string(), uid: z.string() }),
  }),
);
type Container = z.infer<typeof Containers>[number];

const OPTIONS = {
  all: { type: 'boolean', short: 'a', default: false },
  quiet: { type: 'boolean', short: 'q', default: false },
  name: { type: 'string', default: '' },
  state: { type: 'string', short: 's', default: '' },
  output: { type: 'string', short: 'o', default: 'table' },
} as const;

async function main([socket = '', verb = '', ...rest]: readonly string[]): Promise<string> {
  if (verb !== 'ps') throw new Error(`crictl of the playground knows only ps, not ${verb}`);
  const { values } = parseArgs({ args: [...rest], options: OPTIONS });
  const named = new RegExp(values.name);
  const wanted = values.state === '' ? null : `CONTAINER_${values.state.toUpperCase()}`;
  const found = (await containersAt(socket)).filter(
    ({ name, state }) =>
      named.test(name) && (wanted === null ? values.all || state === 'CONTAINER_RUNNING' : state === wanted),
  );
  if (values.quiet) return found.map(({ id }) => `${id}\n`).join('');
  return values.output === 'json' ? `${JSON.stringify({ containers: found.map(asJson) }, null, 2)}\n` : table(found);
}

async function containersAt(path: string): Promise<readonly Container[]> {
  const answer = await text(connect({ path })).catch((error: unknown) => {
    throw new Error('validate CRI v1 runtime API: connect: connection refused', { cause: error });
  });
  return Containers.parse(JSON.parse(answer));
}

function asJson({ id, name, attempt, state, startedAt, image, pod }: Container): object {
  const labels = {
    'io.kubernetes.container.name': name,
    'io.kubernetes.pod.name': pod.name,
    'io.kubernetes.pod.namespace': pod.namespace,
    'io.kubernetes.pod.uid': pod.uid,
  };
  const createdAt = String(BigInt(Date.parse(startedAt)) * 1_000_000n);
  return { id, metadata: { name, attempt }, image: { image }, state, createdAt, labels };
}

function table(containers: readonly Container[]): string {
  const lines = containers.map(({ id, name, attempt, state, startedAt, image, pod }) =>
    [
      id.slice(0, 13),
      image,
      startedAt,
      state === 'CONTAINER_RUNNING' ? 'Running' : 'Exited',
      name,
      attempt,
      pod.name,
    ].join('  '),
  );
  return `${['CONTAINER  IMAGE  CREATED  STATE  NAME  ATTEMPT  POD', ...lines].join('\n')}\n`;
}

try {
  process.stdout.write(await main(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`FATA[0000] ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
