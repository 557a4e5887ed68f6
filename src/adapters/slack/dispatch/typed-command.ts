import { reach, usesOverride } from '../../../core/access.ts';
import { type Answer, refusedAnswer } from '../../../core/answer.ts';
import type { CommandReply, RunOrder } from '../../../core/command.ts';
import { mistakeAnswer } from '../../../core/parse/mistake.ts';
import { type ParseResult, parseCommand } from '../../../core/parse/parse-command.ts';
import { usedFlags } from '../../../core/policy/match.ts';
import { policyVerbOf } from '../../../core/policy/verb.ts';
import type { Reason } from '../../../core/reasons.ts';
import type { Origin } from '../../../core/run-event.ts';
import { SLASH_COMMAND } from '../methods.ts';
import type { TypedCommand } from '../payloads.ts';
import { tokensOf, withoutMention } from '../tokens.ts';
import { sendAnswer } from './answerer.ts';
import { openForm } from './command-form.ts';
import type { DispatchDeps } from './deps.ts';
import { followCard, originFor } from './origin.ts';
import { createRunDesk } from './run-desk.ts';
import { shareFile } from './share-file.ts';

type Parsed = ParseResult & { readonly ok: true };

/** Carries out what somebody typed; nothing typed opens the form. Throws only when the store cannot be reached. */
export async function dispatchTyped(deps: DispatchDeps, typed: TypedCommand): Promise<void> {
  const text = withoutMention(typed.text, deps.identity()?.botUser ?? '');
  const tokens = tokensOf(text);
  if (!tokens.ok)
    return await sendAnswer(deps, typed.replyTo, mistakeAnswer({ text: tokens.text, nearest: null, usage: null }));
  if (tokens.tokens.length === 0 && (await openForm(deps, typed))) return;
  await dispatchWords(deps, typed, tokens.tokens, typedVoice(deps, typed));
}

/**
 * Whether what somebody typed is answered with the same text for everybody: help, and what a mistake is told. Such an answer
 * says nothing of clusters, runs or people and changes nothing.
 */
export function isOnlyText(deps: Pick<DispatchDeps, 'commands' | 'identity'>, typed: TypedCommand): boolean {
  const tokens = tokensOf(withoutMention(typed.text, deps.identity()?.botUser ?? ''));
  if (!tokens.ok) return true;
  // Nothing typed opens the form, which names clusters.
  if (tokens.tokens.length === 0) return false;
  const parsed = parseCommand(tokens.tokens, deps.commands);
  return !parsed.ok || isHelp(parsed);
}

function isHelp({ command }: Parsed): boolean {
  return command.arguments.subject === 'optional-verb';
}

/** How whoever gave a command is told what became of it. */
export interface Voice {
  answer(answer: Answer): Promise<void>;
  /** A run is recorded. `first`: by this request; otherwise the same request came before. */
  started(runId: string, origin: Origin, first: boolean): Promise<void>;
}

/** Answers where the command was typed; the card of a run is its answer. */
export function typedVoice(deps: DispatchDeps, typed: TypedCommand): Voice {
  return {
    answer: async (answer) => await sendAnswer(deps, typed.replyTo, answer),
    started: async (runId, origin, first) => {
      if (first) await followCard(deps, typed.replyTo, runId, origin);
    },
  };
}

/** Carries out a command given as words, typed or filled in. Throws only when the store cannot be reached. */
export async function dispatchWords(
  deps: DispatchDeps,
  typed: TypedCommand,
  words: readonly string[],
  voice: Voice,
): Promise<void> {
  const parsed = parseCommand(words, deps.commands);
  if (!parsed.ok) return await voice.answer(mistakeAnswer(parsed.mistake));
  const said = `${SLASH_COMMAND} ${words.join(' ')}`.trimEnd();
  const refusal = refusalOf(deps, typed, parsed);
  if (refusal !== null) {
    await deps.desk.refused({ actor: typed.actor, cluster: clusterOf(parsed), text: said, ...refusal });
    return await voice.answer(refusedAnswer(refusal.reason, refusal.why));
  }
  const reply = await handle(deps, typed, parsed);
  if (reply.kind === 'run') return await startRun(deps, { typed, parsed, said, order: reply.order, voice });
  if (reply.kind === 'file') return await voice.answer(await shareFile(deps, reply));
  if (reply.answer.kind === 'refused') await audit(deps, typed, parsed, said, reply.answer);
  await voice.answer(reply.answer);
}

interface Refused {
  readonly reason: Reason;
  readonly why: string;
}

/** What policy says before a handler is asked; help is for everyone. */
function refusalOf(deps: DispatchDeps, typed: TypedCommand, parsed: Parsed): Refused | null {
  const { command, args } = parsed;
  const policy = deps.policy();
  const verb = policyVerbOf(command, args.targets);
  // Of a run the cluster is known when the run is found: the desk asks then.
  if (verb !== null && args.subject !== null && command.arguments.subject !== 'run') {
    const { actor, idempotencyKey } = typed;
    const flags = usedFlags(args.flags);
    const access = reach(policy, deps.clusters, {
      actor,
      cluster: args.subject,
      verb,
      channel: typed.replyTo.channel,
      flags,
      nowMs: deps.clock.nowMs(),
      // The desk asks again, with the window as it is then.
      outsideWindow: usesOverride(flags, deps.control({ actor, idempotencyKey }).window(args.subject)),
    });
    return access.ok ? null : access;
  }
  if (isHelp(parsed)) return null;
  const home = policy.homeTeam !== null && policy.homeTeam === typed.actor.team;
  return home ? null : { reason: 'foreign-team', why: 'You are not of the workspace that this Drydock serves.' };
}

async function audit(
  deps: DispatchDeps,
  typed: TypedCommand,
  parsed: Parsed,
  said: string,
  answer: Answer,
): Promise<void> {
  if (answer.reason === null) return;
  // Words to a run are audited where they are judged; one that cannot be told is judged here.
  const judgedHere = answer.reason === 'unknown-run' || answer.reason === 'several-gates-open';
  if (parsed.command.arguments.subject === 'run' && !judgedHere) return;
  const why = answer.lines
    .map((line) => (typeof line === 'string' ? line : ''))
    .join(' ')
    .trim();
  await deps.desk.refused({ actor: typed.actor, cluster: clusterOf(parsed), text: said, reason: answer.reason, why });
}

function clusterOf({ command, args }: Parsed): string | null {
  const { subject } = command.arguments;
  return subject === 'cluster' || subject === 'optional-cluster' ? args.subject : null;
}

async function handle(deps: DispatchDeps, typed: TypedCommand, parsed: Parsed): Promise<CommandReply> {
  const { channel, threadTs } = typed.replyTo;
  const context = {
    actor: typed.actor,
    policy: deps.policy(),
    clusters: deps.clusters,
    commands: deps.commands,
    desk: createRunDesk(deps, typed.actor, typed.idempotencyKey, { channel, nowMs: deps.clock.nowMs() }),
    control: deps.control({ actor: typed.actor, idempotencyKey: typed.idempotencyKey }),
    audit: deps.audit.viewFor(typed.actor, { channel, nowMs: deps.clock.nowMs() }),
    origin: { channel, threadTs },
    nowMs: () => deps.clock.nowMs(),
  };
  return await parsed.command.handle(context, parsed.args);
}

interface Start {
  readonly typed: TypedCommand;
  readonly parsed: Parsed;
  readonly said: string;
  readonly order: RunOrder;
  readonly voice: Voice;
}

async function startRun(deps: DispatchDeps, { typed, parsed, said, order, voice }: Start): Promise<void> {
  const cluster = deps.clusters.find((each) => each.name === order.cluster);
  if (cluster === undefined) return await voice.answer(refusedAnswer('unknown-cluster', ''));
  const origin = await originFor(deps, typed, cluster);
  const result = await deps.desk.request({
    actor: typed.actor,
    order,
    command: parsed.command.name,
    policyVerb: policyVerbOf(parsed.command, parsed.args.targets) ?? parsed.command.name,
    origin,
    text: said,
    idempotencyKey: typed.idempotencyKey,
    channel: typed.replyTo.channel,
    flags: usedFlags(parsed.args.flags),
  });
  if (result.kind === 'refused') return await voice.answer(refusedAnswer(result.reason, result.why));
  deps.log.info('a run was asked for', { run: result.runId, kind: result.kind, cluster: order.cluster });
  await voice.started(result.runId, origin, result.kind === 'queued');
}
