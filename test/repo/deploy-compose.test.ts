import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { GRACE_MS } from '../../src/app/process.ts';
import { readEnvironment } from '../../src/config/environment.ts';
import { dockerStages } from '../support/dockerfile.ts';
import { ROOT, repositoryFiles, textOf } from '../support/repository.ts';

const FOLDER = 'deploy/compose';
const Service = z.looseObject({
  image: z.string(),
  command: z.array(z.string()),
  user: z.string(),
  read_only: z.boolean(),
  cap_drop: z.array(z.string()),
  security_opt: z.array(z.string()),
  stop_grace_period: z.string(),
  environment: z.record(z.string(), z.string()).default({}),
  env_file: z.array(z.string()),
  volumes: z.array(z.string()),
  networks: z.array(z.string()),
});
const Compose = z.looseObject({
  services: z.strictObject({ bot: Service, worker: Service, redis: Service }),
  networks: z.looseObject({ redis: z.strictObject({ internal: z.literal(true) }) }),
  volumes: z.record(z.string(), z.unknown()),
});
const { services, volumes } = Compose.parse(parse(textOf(`${FOLDER}/compose.yaml`), { merge: true }));

test('every YAML file of deploy/ can be read', () => {
  const paths = repositoryFiles().filter((path) => /^deploy\/.*\.ya?ml$/.test(path));
  const broken = paths.filter((path) => parseAllDocuments(textOf(path)).some(({ errors }) => errors.length > 0));

  expect(paths.length).toBeGreaterThan(20);
  expect(broken).toEqual([]);
});

describe.each(Object.entries(services))('%s', (_name, service) => {
  test('has no rights to spare', () => {
    expect(service).toMatchObject({
      user: expect.stringMatching(/^[1-9]\d*:[1-9]\d*$/),
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    });
  });

  test('mounts what is there, what its volume holds, or what the installer writes, which git ignores', () => {
    const ignored = new Set(textOf(`${FOLDER}/.gitignore`).split('\n'));
    const sources = service.volumes.map((volume) => volume.split(':')[0] ?? '');
    const unknown = sources.filter((source) => {
      const written =
        source.startsWith('./') && [source.slice(2), `${source.slice(2)}/`].some((name) => ignored.has(name));
      return !written && !(source in volumes) && !existsSync(join(ROOT, FOLDER, source));
    });

    expect(unknown).toEqual([]);
    const own = Object.keys(volumes).map((name) => `${name}:`);
    const others = service.volumes.filter((volume) => !own.some((name) => volume.startsWith(name)));
    expect(others.filter((volume) => !volume.endsWith(':ro'))).toEqual([]);
  });

  test('takes its secrets from files whose examples hold none', () => {
    for (const file of service.env_file) expect(assignments(file).filter(([, value]) => value !== '')).toEqual([]);
    expect(service.env_file.length).toBeGreaterThan(0);
  });
});

/** What an example of an environment file assigns. */
function assignments(file: string): readonly (readonly [string, string])[] {
  const lines = textOf(`${FOLDER}/${file}.example`).split('\n');
  return lines.flatMap((line) => {
    const [, name = '', value = ''] = /^([A-Z_]+)=(.*)$/.exec(line) ?? [];
    return name === '' ? [] : [[name, value] as const];
  });
}

describe.each(['bot', 'worker'] as const)('the process %s', (role) => {
  const service = services[role];

  test('is the image of the Dockerfile with the command line of its part', () => {
    const user = dockerStages()
      .at(-1)
      ?.find(({ name }) => name === 'USER');

    expect(service.user).toBe(user?.text);
    expect(service.command).toEqual(['node', 'src/app/main.ts', role]);
    expect(Number.parseInt(service.stop_grace_period, 10) * 1000).toBeGreaterThan(GRACE_MS + 4000);
  });

  test('is given the variables that it reads, and no other', () => {
    const samples: Readonly<Record<string, string>> = {
      REDIS_URL: 'redis://:not-a-password@redis:6379/0',
      SLACK_BOT_TOKEN: 'xoxb-for-a-test',
      SLACK_SIGNING_SECRET: 'secret-for-a-test',
      SLACK_APP_TOKEN: 'xapp-for-a-test',
    };
    const secrets = service.env_file.flatMap(assignments).map(([name]) => name);
    const env = { ...service.environment, ...Object.fromEntries(secrets.map((name) => [name, samples[name] ?? ''])) };

    expect(readEnvironment(env, role).problems).toEqual([]);
    expect(secrets.filter((name) => samples[name] === undefined)).toEqual([]);
    expect(secrets.some((name) => name.startsWith('SLACK_'))).toBe(role === 'bot');
  });
});

test('the worker, and nobody else, has a place for backups and one for drills, which the image gives to its user', () => {
  const own = Object.entries(services).map(([name, service]) => [
    name,
    service.volumes.filter((volume) => !volume.startsWith('.')).map((volume) => volume.split(':')[1]),
  ]);
  const made = dockerStages()
    .at(-1)
    ?.find(({ name, text }) => name === 'RUN' && text.startsWith('install '))?.text;

  expect(Object.fromEntries(own)).toEqual({
    bot: [],
    worker: ['/var/lib/drydock/backups', '/scratch'],
    redis: ['/data'],
  });
  expect(made).toBe('install -d -o 1000 -g 1000 -m 0700 /var/lib/drydock/backups /scratch');
});

test('only the worker has the credentials of clusters, and only Redis stays on its own network', () => {
  const mounted = Object.entries(services).filter(([, { volumes: all }]) =>
    all.some((volume) => volume.includes('/clusters')),
  );
  const inside = Object.entries(services).filter(([, { networks }]) => !networks.includes('outside'));

  expect(mounted.map(([name]) => name)).toEqual(['worker']);
  expect(inside.map(([name]) => name)).toEqual(['redis']);
});
