import { fileURLToPath } from 'node:url';
import type { Playground } from '../../playground/playground.ts';
import { type Service, startService } from '../../playground/service.ts';
import { waitFor } from '../../playground/waiting.ts';
import { ROOT } from './repository.ts';

/** What is special about a process that a test adds to a playground. */
export interface OwnService {
  readonly role: 'bot' | 'worker';
  /** Base address of Slack's Web API with Socket Mode: the bot then opens connections and takes nothing over HTTP. */
  readonly socketApi?: string;
  /** How far its clock jumps when it is told to ({@link jumpClock}), ms. */
  readonly clockJumpMs?: number;
}

const PRELOAD = fileURLToPath(new URL('./jumping-clock.ts', import.meta.url));

/** Starts one more bot or worker of a playground. Stop it before the playground. */
export async function startOwnService(
  { workspace, redis, configPath }: Pick<Playground, 'workspace' | 'redis' | 'configPath'>,
  { role, socketApi, clockJumpMs }: OwnService,
): Promise<Service> {
  const slack = {
    SLACK_BOT_TOKEN: workspace.botToken,
    SLACK_API_URL: socketApi ?? workspace.apiUrl,
    ...(socketApi === undefined
      ? { SLACK_SIGNING_SECRET: workspace.signingSecret }
      : { SLACK_APP_TOKEN: 'xapp-1-playground' }),
  };
  return await startService({
    role,
    repository: ROOT,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      TMPDIR: process.env['TMPDIR'],
      LOG_LEVEL: 'info',
      REDIS_URL: redis.url,
      DRYDOCK_CONFIG: configPath,
      ...(role === 'bot' ? slack : {}),
      ...(clockJumpMs === undefined ? {} : { NODE_OPTIONS: `--import ${PRELOAD}`, CLOCK_JUMP_MS: String(clockJumpMs) }),
    },
  });
}

/** Lets the clock of a service jump that was started with {@link OwnService.clockJumpMs}; settles when it did. */
export async function jumpClock(service: Service): Promise<void> {
  const pid = service.pid();
  if (pid === undefined) throw new Error(`the ${service.role} does not run`);
  process.kill(pid, 'SIGUSR2');
  await waitFor('the clock to jump', () => service.output().includes('the clock jumped'));
}
