import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { type DemoArguments, readArguments, USAGE } from './demo/arguments.ts';
import { runHeadless } from './demo/headless.ts';
import { runInteractive } from './demo/interactive.ts';
import { keepExports } from './demo/keep-exports.ts';
import { showPage } from './demo/show-page.ts';
import { createStage } from './demo/stage.ts';
import { buildPage } from './page/build.ts';
import type { Page } from './page/page.ts';
import { startPlayground } from './playground.ts';
import type { Service } from './service.ts';
import { printTranscript } from './transcript/transcript.ts';
import { lowestWords } from './workload/words.ts';

/** Everything that is not the transcript. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** The transcript. In a terminal session it takes the place of the prompt, which is then shown again below it. */
function write(line: string): void {
  process.stdout.write(process.stdout.isTTY && process.stdin.isTTY ? `\r\u001B[K${line}\n` : `${line}\n`);
}

/** Runs the demo. Answers its exit code. */
async function main(args: DemoArguments, signal: AbortSignal): Promise<number> {
  const built = args.runs.length > 0 ? undefined : buildPage(() => say('building the workspace page'));
  // Looked at only when everything else runs.
  built?.catch(() => undefined);
  const playground = await startPlayground({
    clusters: args.clusters,
    ...(args.fillMib === undefined ? {} : { fill: { megabytes: args.fillMib } }),
    ...(args.access === undefined ? {} : { access: args.access }),
    ...(args.windowMs === undefined ? {} : { edgeOpensInMs: args.windowMs }),
    env: { LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'warn' },
    onProgress: say,
    onLine: (role, line) => say(`[${role}] ${line}`),
    signal,
  });
  for (const { name, hint } of playground.platforms) if (hint !== '') say(`look at ${nameOf(name)} yourself: ${hint}`);
  const stopping = new AbortController();
  const stopTranscript = printTranscript({ ...playground.workspace.state, feed: playground.workspace.feed }, write);
  const stopKeeping = args.runs.length > 0 ? keepExports(playground.workspace.feed, say) : () => undefined;
  let page: Page | undefined;
  try {
    signal.throwIfAborted();
    page = built === undefined ? undefined : await showPage(playground, built, say);
    const falls = [playground.bot, playground.worker].map((service) => fell(service, page, stopping.signal));
    const broken = Promise.race([once(signal, 'abort').then(() => 1), ...falls]);
    const stage = createStage(playground, write);
    if (args.runs.length > 0) {
      const code = await Promise.race([runHeadless(stage, args, say, stopping.signal), broken]);
      for (const { name, workload } of playground.platforms)
        if (workload !== undefined) say(lowestWords(name, workload.name, workload.lowest()));
      return code;
    }
    const terminal = { input: process.stdin, output: process.stderr };
    return await Promise.race([runInteractive(stage, terminal, signal).then(() => 0), broken]);
  } finally {
    stopTranscript();
    stopKeeping();
    stopping.abort();
    say('stopping');
    await page?.stop();
    await playground.stop();
  }
}

/** As sentences name it. */
function nameOf(cluster: string): string {
  return cluster === 'prod' ? 'the cluster' : cluster;
}

const LOOK_AGAIN_MS = 200;

/** Settles when a process that should run to the end did not, unless somebody switched it off on the page. */
async function fell(service: Service, page: Page | undefined, stopping: AbortSignal): Promise<number> {
  let { code, signal } = await service.ended();
  while (page?.downOnPurpose(service.role) === true && !stopping.aborted) {
    await delay(LOOK_AGAIN_MS);
    if (service.pid() !== undefined) ({ code, signal } = await service.ended());
  }
  if (!stopping.aborted) say(`the ${service.role} ended by itself (${signal ?? code})`);
  return 1;
}

const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // Whoever asks twice does not want to wait; what is left is ended by its tethers.
    if (interrupt.signal.aborted) process.exit(130);
    interrupt.abort(new Error(`stopped by ${signal}`));
  });
}

const args = readArguments(process.argv.slice(2));
if ('problem' in args) {
  say(`${args.problem}\n\n${USAGE}`);
  process.exitCode = 1;
} else {
  try {
    process.exitCode = await main(args, interrupt.signal);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}

// Everything is stopped; whatever would still keep this process alive is of no use to anybody.
setTimeout(() => process.exit(), 3_000).unref();
