import { createHash } from 'node:crypto';
import { dirname, sep } from 'node:path';
import type { PrometheusMetrics } from '../adapters/metrics/prometheus-metrics.ts';
import { partsForRestart, policyChanges, policyData } from '../config/changed-parts.ts';
import type { NamedCommand } from '../config/check-policy.ts';
import type { Config } from '../config/config.ts';
import type { ProcessRole } from '../config/environment.ts';
import { checkConfigText, type LoadOptions, readConfigText } from '../config/load.ts';
import { formatProblem } from '../config/problem.ts';
import type { Clock, Digest, Log } from '../core/ports/runtime.ts';
import { groupsOf, type LivePolicy } from './live-policy.ts';
import type { PolicyNews } from './policy-news.ts';
import type { GroupTrouble } from './read-groups.ts';
import { repeat } from './repeat.ts';

/** What watching the configuration file needs. */
export interface PolicyReloadDeps {
  /** The configuration that the process started with. */
  readonly started: Config;
  readonly role: ProcessRole;
  readonly commands: readonly NamedCommand[];
  readonly cronProblem: LoadOptions['cronProblem'];
  readonly live: LivePolicy;
  readonly news: PolicyNews;
  readonly digest: Digest;
  readonly metrics: Pick<PrometheusMetrics, 'policyReload'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Looks whether user groups can be read; `null`: they can, or it is not for this process to say. */
  readonly tryGroups: (groups: readonly string[]) => Promise<GroupTrouble | null>;
}

/** Watches the configuration file and puts changed policy and maintenance windows in force. */
export interface PolicyReload {
  /**
   * Reads the file once. A content that is seen for the second time in a row is judged. Throws only when something that nobody
   * foresaw happens.
   */
  look(): Promise<void>;
  /** Looks again and again until the signal fires. */
  run(signal: AbortSignal): Promise<void>;
  /** Somebody says that the file was changed: it is looked at now, twice. */
  now(): Promise<void>;
}

/** How often the file is read, ms. A changed policy is in force after one to two times that. */
const LOOK_MS = 2000;
/** Between the two looks when somebody asked for them, ms. */
const SETTLE_MS = 500;
/** Problems that are told of a file that is refused. */
const MOST_PROBLEMS = 10;

interface Seen {
  /** Of the content at the last look, and of the content that was judged last. */
  last: string | null;
  judged: string | null;
  /** Trouble that is told once, until it is over. */
  waiting: string | null;
}

/** Makes it. Nothing is read yet. */
export function createPolicyReload(deps: PolicyReloadDeps): PolicyReload {
  const seen: Seen = { last: null, judged: null, waiting: null };
  let busy: Promise<void> = Promise.resolve();
  deps.news.started(deps.digest.of(policyData(deps.live.config())));
  function look(): Promise<void> {
    busy = busy.catch(() => undefined).then(async () => await lookOnce(deps, seen));
    return busy;
  }
  return {
    look,
    run: async (signal) => await repeat(LOOK_MS, signal, deps, 'looking at the configuration file', look),
    now: async () => {
      await look();
      await deps.clock.sleep(SETTLE_MS);
      await look();
    },
  };
}

async function lookOnce(deps: PolicyReloadDeps, seen: Seen): Promise<void> {
  const { file } = deps.started;
  const text = await readConfigText(file, file);
  const mark = typeof text === 'string' ? markOf(text) : `unreadable: ${text.expected}`;
  // Half a file is never judged: an editor and a link that is swapped leave the same content twice only when they are done.
  const settled = seen.last === mark;
  seen.last = mark;
  if (settled && seen.judged !== mark) await judge(deps, seen, mark, typeof text === 'string' ? text : null);
  await deps.news.tell();
}

function markOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function judge(deps: PolicyReloadDeps, seen: Seen, mark: string, text: string | null): Promise<void> {
  const { started, live, digest, log, metrics } = deps;
  if (text === null) {
    seen.judged = mark;
    metrics.policyReload('unreadable');
    log.error('the configuration file cannot be read; the policy stays as it is', { file: started.file, why: mark });
    return;
  }
  const result = await checkConfigText(started.file, started.file, text, deps);
  const config = result.problems.length === 0 ? result.config : null;
  if (config === null) return refuse(deps, seen, mark, result.problems.map(formatProblem));
  const parts = partsForRestart(started, config);
  if (parts.length > 0) {
    const why = `${parts.join(', ')} changed, which needs a restart; nothing of the file was taken over`;
    return refuse(deps, seen, mark, [why]);
  }
  const trouble = await troubleWith(deps, groupsOf(config));
  if (trouble !== null && trouble.settled) return refuse(deps, seen, mark, [trouble.why]);
  if (trouble !== null) {
    if (seen.waiting !== trouble.why)
      log.warn('a changed policy waits for Slack to say who is in its user groups', { why: trouble.why });
    seen.waiting = trouble.why;
    return;
  }
  seen.waiting = null;
  seen.judged = mark;
  const before = live.config();
  const [old, now] = [digest.of(policyData(before)), digest.of(policyData(config))];
  if (old === now) return;
  live.take(config);
  metrics.policyReload('taken');
  const changes = policyChanges(before, config);
  log.info('a changed policy is in force', { file: started.file, before: old, after: now, changes });
  for (const warning of result.warnings) log.warn('configuration', { ...warning });
  deps.news.changed(old, now, changes);
}

/** Groups that are named already are read by themselves. */
async function troubleWith(deps: PolicyReloadDeps, groups: readonly string[]): Promise<GroupTrouble | null> {
  const known = new Set(deps.live.groups());
  const added = groups.filter((group) => !known.has(group));
  return added.length === 0 ? null : await deps.tryGroups([...known, ...added]);
}

function refuse(deps: PolicyReloadDeps, seen: Seen, mark: string, problems: readonly string[]): void {
  seen.judged = mark;
  seen.waiting = null;
  // The log says which file it is; the audit log needs no folders of the machine.
  const shown = problems
    .slice(0, MOST_PROBLEMS)
    .map((each) => each.replaceAll(`${dirname(deps.started.file)}${sep}`, ''));
  const more = problems.length - shown.length;
  const told = more > 0 ? [...shown, `… and ${more} more problems.`] : shown;
  deps.metrics.policyReload('refused');
  const { file } = deps.started;
  deps.log.error('the changed configuration file was refused; the policy stays as it is', { file, problems: told });
  deps.news.refused(mark, told);
}
