import { z } from 'zod';
import { type ConfigProblem, describeFound, nearest } from './problem.ts';
import { type Secret, secret } from './secret.ts';

/** What this process is to be. `check` stands for a check without knowing. */
export type ProcessRole = 'bot' | 'worker' | 'all' | 'check';

/** How the bot talks to Slack. */
export interface SlackEnvironment {
  readonly botToken: Secret;
  /** HTTP: signature of requests. Socket Mode: a connection that Drydock opens. */
  readonly transport:
    | { readonly kind: 'http'; readonly signingSecret: Secret }
    | { readonly kind: 'socket'; readonly appToken: Secret };
  /** Base address of the Web API; `null`: Slack's own. */
  readonly apiUrl: string | null;
}

/** The environment, checked. */
export interface Environment {
  /** `null`: a worker (needs nothing of Slack), or a check without a role. */
  readonly slack: SlackEnvironment | null;
  /** May hold a password. `null` only for a check without a role. */
  readonly redisUrl: Secret | null;
  /** Secrets that the AWS SDK reads by itself; here so that log and audit log know them by value. */
  readonly awsSecrets: readonly Secret[];
  readonly port: number;
  readonly logLevel: LogLevel;
}

/** Levels of the log. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Answer of {@link readEnvironment}. */
export interface EnvironmentResult {
  /** `null` when there are problems. */
  readonly environment: Environment | null;
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly ConfigProblem[];
}

const KNOWN_DRYDOCK = ['DRYDOCK_CONFIG'];

const Variables = z.object({
  SLACK_BOT_TOKEN: z
    .string()
    .regex(/^xoxb-\S+$/, 'expected a bot token, which begins with xoxb-')
    .optional(),
  SLACK_SIGNING_SECRET: z.string().min(8, 'expected the signing secret of the Slack app').optional(),
  SLACK_APP_TOKEN: z
    .string()
    .regex(/^xapp-\S+$/, 'expected an app-level token, which begins with xapp-')
    .optional(),
  SLACK_API_URL: z.string().refine(isHttpUrl, 'expected an address that begins with https:// or http://').optional(),
  REDIS_URL: z.string().refine(isRedisUrl, 'expected redis://host:port/database or rediss://…').optional(),
  AWS_SECRET_ACCESS_KEY: z.string().optional(),
  AWS_SESSION_TOKEN: z.string().optional(),
  PORT: z
    .string()
    .refine((value) => /^\d{1,5}$/.test(value) && Number(value) <= 65_535, 'expected a port number, 0 to 65535')
    .optional(),
  LOG_LEVEL: z.enum(LOG_LEVELS, { error: `expected one of ${LOG_LEVELS.join(', ')}` }).optional(),
});
type Variables = z.infer<typeof Variables>;

const SHOWN: ReadonlySet<string> = new Set(['SLACK_API_URL', 'PORT', 'LOG_LEVEL']);

/** File that `DRYDOCK_CONFIG` names; default `drydock.yaml`. */
export function configFileOf(env: Readonly<Record<string, string | undefined>>): string {
  return env['DRYDOCK_CONFIG'] === undefined || env['DRYDOCK_CONFIG'] === '' ? 'drydock.yaml' : env['DRYDOCK_CONFIG'];
}

/**
 * Reads the environment for a role. An empty variable counts as absent. A worker needs nothing of Slack and takes
 * nothing of it; a check without a role warns of what a role would miss.
 */
export function readEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  role: ProcessRole,
): EnvironmentResult {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const problems: ConfigProblem[] = unknownVariables(given);
  const warnings: ConfigProblem[] = [];
  const parsed = Variables.safeParse(given);
  for (const issue of parsed.success ? [] : parsed.error.issues) {
    const name = String(issue.path[0]);
    problems.push(variable(name, issue.message, SHOWN.has(name) ? describeFound([], given[name]) : null));
  }
  const missing = role === 'check' ? warnings : problems;
  if (given['REDIS_URL'] === undefined)
    missing.push(variable('REDIS_URL', 'is missing; expected redis://host:port/database'));
  if (role !== 'worker') checkSlack(given, missing, warnings);
  const environment = parsed.success && problems.length === 0 ? build(parsed.data, role) : null;
  return { environment, problems, warnings };
}

function variable(name: string, expected: string, found: string | null = null): ConfigProblem {
  return { file: 'environment', line: null, path: name, found, expected };
}

function unknownVariables(given: Readonly<Record<string, unknown>>): ConfigProblem[] {
  const known = [...KNOWN_DRYDOCK, ...Object.keys(Variables.shape)];
  return Object.keys(given)
    .filter((name) => name.startsWith('DRYDOCK_') && !KNOWN_DRYDOCK.includes(name))
    .map((name) => {
      const near = nearest(name, known) ?? nearest(name.slice('DRYDOCK_'.length), known);
      return variable(
        name,
        near === null ? 'there is no such variable' : `there is no such variable; did you mean ${near}?`,
      );
    });
}

function checkSlack(
  given: Readonly<Record<string, unknown>>,
  missing: ConfigProblem[],
  warnings: ConfigProblem[],
): void {
  if (given['SLACK_BOT_TOKEN'] === undefined)
    missing.push(variable('SLACK_BOT_TOKEN', 'is missing; expected the bot token of the Slack app (xoxb-…)'));
  const http = given['SLACK_SIGNING_SECRET'] !== undefined;
  const socket = given['SLACK_APP_TOKEN'] !== undefined;
  if (!http && !socket) {
    missing.push(
      variable(
        'SLACK_SIGNING_SECRET',
        'is missing; expected the signing secret (requests over HTTP), or SLACK_APP_TOKEN (Socket Mode)',
      ),
    );
  }
  if (http && socket)
    warnings.push(variable('SLACK_SIGNING_SECRET', 'is not used: SLACK_APP_TOKEN is set, so Socket Mode is used'));
}

function build(given: Variables, role: ProcessRole): Environment {
  return Object.freeze({
    slack: role === 'worker' ? null : buildSlack(given),
    redisUrl: given.REDIS_URL === undefined ? null : secret(given.REDIS_URL),
    awsSecrets: [given.AWS_SECRET_ACCESS_KEY, given.AWS_SESSION_TOKEN].flatMap((each) =>
      each === undefined ? [] : [secret(each)],
    ),
    port: Number(given.PORT ?? 3000),
    logLevel: given.LOG_LEVEL ?? 'info',
  });
}

function buildSlack(given: Variables): SlackEnvironment | null {
  const { SLACK_BOT_TOKEN: token, SLACK_APP_TOKEN: app, SLACK_SIGNING_SECRET: signing } = given;
  if (token === undefined || (app === undefined && signing === undefined)) return null;
  const transport: SlackEnvironment['transport'] =
    app === undefined
      ? { kind: 'http', signingSecret: secret(signing ?? '') }
      : { kind: 'socket', appToken: secret(app) };
  return Object.freeze({ botToken: secret(token), transport, apiUrl: given.SLACK_API_URL ?? null });
}

function isHttpUrl(value: string): boolean {
  const url = URL.parse(value);
  return url !== null && (url.protocol === 'https:' || url.protocol === 'http:');
}

function isRedisUrl(value: string): boolean {
  const url = URL.parse(value);
  return url !== null && (url.protocol === 'redis:' || url.protocol === 'rediss:') && url.hostname !== '';
}
