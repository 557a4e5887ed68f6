import process from 'node:process';
import { commands } from '../../commands/index.ts';
import { createRedact } from '../adapters/log/redact.ts';
import { systemCalendar } from '../adapters/time/calendar.ts';
import type { ProcessRole } from '../config/environment.ts';
import { type LoadResult, loadConfig } from '../config/load.ts';
import { reportCheck } from './check-config.ts';
import { EXIT, StartRefused } from './exit-codes.ts';
import type { DrydockProcess, RunningRole } from './process.ts';
import { onCrash, onHangUp, onSignals } from './signals.ts';

const USAGE = `Usage: node src/app/main.ts bot | worker | all | check-config [bot | worker | all]
`;
const ROLES: ReadonlySet<string> = new Set(['bot', 'worker', 'all']);

/** The command line. Answers the exit code when the process is to end. */
async function main(args: readonly string[]): Promise<number> {
  const [mode = '', role = 'check', ...rest] = args;
  if (mode === 'check-config' && rest.length === 0 && (role === 'check' || isRole(role))) {
    const result = await load(role === 'check' ? 'check' : role);
    return reportCheck(result, process.stdout, process.stderr) ? EXIT.ok : EXIT.config;
  }
  if (!isRole(mode) || args.length > 1) {
    process.stderr.write(USAGE);
    return EXIT.usage;
  }
  const result = await load(mode);
  if (!result.ok) {
    reportCheck(result, process.stdout, process.stderr);
    return EXIT.config;
  }
  return await run(mode, result);
}

function isRole(word: string): word is RunningRole {
  return ROLES.has(word);
}

async function load(role: ProcessRole): Promise<LoadResult> {
  return await loadConfig({
    env: process.env,
    role,
    commands,
    cronProblem: (spec) => systemCalendar.problem(spec),
    folder: process.cwd(),
  });
}

async function run(
  role: RunningRole,
  { config, environment, warnings }: LoadResult & { readonly ok: true },
): Promise<number> {
  // Loaded only now: a mistake in the configuration is told at once.
  const { startProcess } = await import('./process.ts');
  let running: DrydockProcess;
  try {
    running = await startProcess(config, environment, { role });
  } catch (error) {
    return refuse(error);
  }
  const { log } = running.foundation;
  for (const warning of warnings) log.warn('configuration', { ...warning });
  onCrash(log);
  onHangUp(running, log);
  const stopped = onSignals(running, log);
  try {
    await running.started;
  } catch (error) {
    if (!(error instanceof StartRefused)) log.error('starting failed', { error });
    await running.stop(0);
    return refuse(error);
  }
  await stopped;
  return EXIT.ok;
}

function refuse(error: unknown): number {
  const message = error instanceof Error ? error.message : 'unknown error';
  process.stderr.write(`Drydock does not start. ${createRedact().text(message)}\n`);
  return error instanceof StartRefused ? EXIT.unavailable : EXIT.failure;
}

process.exit(await main(process.argv.slice(2)));
