import { z } from 'zod';

/** A Block Kit block as the bot sent it. */
export const PageBlock = z.looseObject({ type: z.string(), block_id: z.string().optional() });
export type PageBlock = z.infer<typeof PageBlock>;

const PageFile = z.object({
  id: z.string(),
  name: z.string(),
  title: z.string(),
  bytes: z.number(),
  kind: z.enum(['image', 'text', 'other']),
});
export type PageFile = z.infer<typeof PageFile>;

/** A message as one person sees it. */
export const PageMessage = z.object({
  channel: z.string(),
  ts: z.string(),
  user: z.string(),
  text: z.string(),
  blocks: z.array(PageBlock),
  threadTs: z.string().optional(),
  broadcast: z.boolean(),
  /** Ephemeral: nobody else sees it. */
  onlyForMe: z.boolean(),
  edited: z.boolean(),
  files: z.array(PageFile),
  /** The run whose card this is. */
  run: z.string().optional(),
});
export type PageMessage = z.infer<typeof PageMessage>;

const PageChannel = z.object({
  id: z.string(),
  /** Without `#`; of a direct conversation the bot's name. */
  name: z.string(),
  direct: z.boolean(),
  archived: z.boolean(),
  /** Whether the bot is a member. */
  withBot: z.boolean(),
});
export type PageChannel = z.infer<typeof PageChannel>;

const PagePerson = z.object({ id: z.string(), name: z.string(), isBot: z.boolean() });
export type PagePerson = z.infer<typeof PagePerson>;

/** The modal in front of a person. */
export const PageView = z.object({
  id: z.string(),
  /** Changes when the bot puts another page into the modal, not when it only answers with errors. */
  hash: z.string(),
  title: z.string(),
  submit: z.string().nullable(),
  close: z.string(),
  blocks: z.array(PageBlock),
  errors: z.record(z.string(), z.string()),
});
export type PageView = z.infer<typeof PageView>;

/** What Slack itself tells a person: that the bot did not answer. */
const PageNotice = z.object({ id: z.string(), channel: z.string(), at: z.number(), text: z.string() });
export type PageNotice = z.infer<typeof PageNotice>;

/** What the message box may complete. */
const Completions = z.object({
  commands: z.array(z.object({ command: z.string(), description: z.string(), verbs: z.array(z.string()) })),
  clusters: z.array(z.string()),
  members: z.array(z.string()),
});
export type Completions = z.infer<typeof Completions>;

const ProcessState = z.enum(['running', 'frozen', 'down']);
export type ProcessState = z.infer<typeof ProcessState>;

const PanelMember = z.object({
  name: z.string(),
  state: ProcessState,
  healthy: z.boolean(),
  leader: z.boolean(),
  /** Bytes; `null`: it does not answer. */
  size: z.number().nullable(),
  inUse: z.number().nullable(),
  version: z.string().nullable(),
});
export type PanelMember = z.infer<typeof PanelMember>;

const SlackState = z.enum(['up', 'rate-limited', 'down']);
export type SlackState = z.infer<typeof SlackState>;

const PanelBackup = z.object({
  id: z.string(),
  /** Of all of it, bytes. */
  size: z.number(),
  state: z.enum(['stored', 'half-written', 'damaged']),
  /** How its last drill ended; `null`: there was none. */
  drill: z.enum(['passed', 'failed', 'aborted']).nullable(),
  /** Whether a bit of it is flipped now. */
  flipped: z.boolean(),
});
export type PanelBackup = z.infer<typeof PanelBackup>;

const PanelFaulty = z.object({
  name: z.string(),
  running: z.boolean(),
  /** Name of the fault that it has; `null`: none was set. */
  fault: z.string().nullable(),
  /** Names of the faults that it can have. */
  offers: z.array(z.string()),
});
export type PanelFaulty = z.infer<typeof PanelFaulty>;

const PanelSwitch = z.object({
  name: z.string(),
  title: z.string(),
  does: z.string(),
  /** `null`: it is no state, it is done at once. */
  on: z.boolean().nullable(),
});
export type PanelSwitch = z.infer<typeof PanelSwitch>;

const PanelMoment = z.object({
  /** ms since the epoch. */
  at: z.number(),
  ready: z.number(),
  /** `null`: there is no budget. */
  needed: z.number().nullable(),
  wanted: z.number(),
  /** All nodes of the cluster, the oldest version first. */
  nodes: z.array(z.object({ version: z.string(), count: z.number() })),
});
export type PanelMoment = z.infer<typeof PanelMoment>;

/** The sample workload of a cluster: each moment holds until the next. */
const PanelWorkload = z.object({
  /** `web/nginx`. */
  name: z.string(),
  moments: z.array(PanelMoment),
  now: PanelMoment,
  /** The worst moment. */
  lowest: PanelMoment,
});
export type PanelWorkload = z.infer<typeof PanelWorkload>;

const PanelCluster = z.object({
  name: z.string(),
  /** The members of the moment: machines come and go. */
  members: z.array(PanelFaulty),
  /** What somebody can do outside Drydock for runs on it, on a button; `null`: nothing. */
  work: z.string().nullable(),
  /** What can be switched of the whole cluster. */
  switches: z.array(PanelSwitch),
  /** `null`: none runs there. */
  workload: PanelWorkload.nullable(),
});
export type PanelCluster = z.infer<typeof PanelCluster>;

const PanelFault = z.object({ name: z.string(), title: z.string(), does: z.string() });
export type PanelFault = z.infer<typeof PanelFault>;

/** What runs beside the workspace, as it was at one moment. */
export const Panel = z.object({
  at: z.number(),
  members: z.array(PanelMember),
  /** Every cluster with what can be done to its members. */
  clusters: z.array(PanelCluster),
  /** The faults there are. */
  faults: z.array(PanelFault),
  /** `state`: of its process. */
  redis: z.object({ state: ProcessState, answers: z.boolean(), pingMs: z.number().nullable() }),
  processes: z.array(z.object({ role: z.enum(['bot', 'worker']), state: ProcessState, ready: z.boolean() })),
  slack: SlackState,
  /** The store of backups; `newest`: of `prod`, newest first; `more`: how many there are beside. */
  backups: z.object({ away: z.boolean(), newest: z.array(PanelBackup), more: z.number() }),
});
export type Panel = z.infer<typeof Panel>;

const Snapshot = z.object({
  kind: z.literal('snapshot'),
  /** Names this life of the workspace: what a browser remembers of another one is worth nothing. */
  life: z.string(),
  me: z.string(),
  people: z.array(PagePerson),
  channels: z.array(PageChannel),
  messages: z.array(PageMessage),
  notices: z.array(PageNotice),
  view: PageView.nullable(),
  completions: Completions,
});
export type Snapshot = z.infer<typeof Snapshot>;

/** One server-sent event: first a snapshot, then what changes. */
export const PageEvent = z.discriminatedUnion('kind', [
  Snapshot,
  z.object({ kind: z.literal('message'), message: PageMessage }),
  z.object({ kind: z.literal('gone'), channel: z.string(), ts: z.string() }),
  z.object({ kind: z.literal('channels'), channels: z.array(PageChannel) }),
  z.object({ kind: z.literal('view'), view: PageView.nullable() }),
  z.object({ kind: z.literal('notice'), notice: PageNotice }),
  z.object({ kind: z.literal('panel'), panel: Panel }),
]);
export type PageEvent = z.infer<typeof PageEvent>;

const Text = z.string().max(40_000);

/** What a person, or the panel, asks the workspace to do. */
export const Act = z.discriminatedUnion('act', [
  z.object({ act: z.literal('write'), channel: z.string(), text: Text.min(1), threadTs: z.string().optional() }),
  z.object({
    act: z.literal('click'),
    channel: z.string(),
    ts: z.string(),
    actionId: z.string(),
    value: z.string().optional(),
  }),
  z.object({ act: z.literal('press'), view: z.string(), actionId: z.string() }),
  z.object({ act: z.literal('submit'), view: z.string(), values: z.record(z.string(), Text) }),
  z.object({ act: z.literal('close'), view: z.string() }),
  z.object({
    act: z.literal('fault'),
    target: z.string(),
    fault: z.enum(['kill', 'freeze', 'thaw', 'start', 'restart', 'up', 'rate-limited', 'down', 'flip-bit']),
  }),
  /** A fault of a member, by its name, or `clear`. */
  z.object({ act: z.literal('member-fault'), cluster: z.string(), fault: z.string(), member: z.string() }),
  /** Turns a switch of a whole cluster, by its name. */
  z.object({ act: z.literal('switch'), cluster: z.string(), switch: z.string(), on: z.boolean() }),
  /** What a person does outside Drydock for a run that waits for it. */
  z.object({ act: z.literal('work'), cluster: z.string() }),
]);
export type Act = z.infer<typeof Act>;

/** How it went. `problem` is for the person to read. */
export const ActAnswer = z.object({ ok: z.boolean(), problem: z.string().optional() });
export type ActAnswer = z.infer<typeof ActAnswer>;
