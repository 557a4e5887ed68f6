import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { DrillsEntry } from '../../src/config/backups-entry.ts';
import { copiedPaths, dockerStages, type Instruction } from '../support/dockerfile.ts';
import { repositoryFiles, textOf } from '../support/repository.ts';

const Shipped = z.looseObject({ drills: DrillsEntry });
const stages = dockerStages();
const last = stages.at(-1) ?? [];

function textsOf(stage: readonly Instruction[], name: string): readonly string[] {
  return stage.filter((instruction) => instruction.name === name).map(({ text }) => text);
}

/** The command of an instruction in its JSON form. */
function wordsOf(text: string | undefined): readonly string[] {
  return z.array(z.string()).parse(JSON.parse(text?.slice(text.indexOf('[')) ?? '[]'));
}

test('every stage stands on the Node that the service needs', () => {
  expect(stages.map((stage) => stage[0]?.text)).toEqual([
    'node:24-slim AS packages',
    'node:24-slim AS etcd',
    'node:24-slim',
  ]);
});

test('the image holds production packages only, and runs as a user who is not root', () => {
  expect(stages.flatMap((stage) => textsOf(stage, 'RUN')).join(' ')).toMatch(/npm ci --omit=dev/);
  expect(textsOf(last, 'USER')).toEqual(['1000:1000']);
  expect(last.findIndex(({ name }) => name === 'USER')).toBeLessThan(last.findIndex(({ name }) => name === 'CMD'));
  expect(wordsOf(textsOf(last, 'CMD')[0])).toEqual(['node', 'src/app/main.ts', 'all']);
});

test('.dockerignore lets through exactly what is copied', () => {
  const admitted = textOf('.dockerignore')
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1));

  expect(new Set(admitted)).toEqual(new Set(stages.flatMap(copiedPaths)));
});

test('the programs of drills come from their own stage, and lie where the shipped configuration looks', () => {
  const stage = stages.find((each) => each[0]?.text.endsWith(' AS etcd')) ?? [];
  const shipped = Shipped.parse(parse(textOf('deploy/kustomize/base/drydock.yaml'))).drills;

  expect(textsOf(stage, 'RUN')).toEqual(['NODE_USE_ENV_PROXY=1 node etcd-for-image.mjs /opt/etcd "$ETCD_FROM"']);
  expect(textsOf(last, 'COPY')).toContain('--from=etcd /opt/etcd /opt/etcd');
  expect(shipped).toEqual({ folder: '/scratch', programs: ['/opt/etcd'] });
  expect(textsOf(last, 'RUN').join(' ')).toContain(' /scratch');
});

test('everything that is copied is in the repository', () => {
  const files = repositoryFiles();
  const copied = stages.flatMap(copiedPaths);

  expect(copied.length).toBeGreaterThan(5);
  expect(copied.filter((path) => !files.some((file) => file === path || file.startsWith(`${path}/`)))).toEqual([]);
});

test.each([
  [200, 0],
  [503, 1],
])('the health check of the image: /healthz answers %i → exit %i', async (answer, exit) => {
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url);
    response.writeHead(answer).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const port = z.object({ port: z.number() }).parse(server.address()).port;
  const [, ...args] = wordsOf(textsOf(last, 'HEALTHCHECK')[0]);

  const [status] = await once(spawn(process.execPath, args, { env: { PORT: String(port) }, stdio: 'ignore' }), 'exit');
  server.close();

  expect(status).toBe(exit);
  expect(asked).toEqual(['/healthz']);
});
