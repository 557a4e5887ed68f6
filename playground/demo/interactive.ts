import { createInterface } from 'node:readline';
import { FAULT_USAGE, isFaultLine } from '../faults/command.ts';
import { findElements } from '../workspace/elements.ts';
import type { View } from '../workspace/model.ts';
import type { Person } from '../workspace/person.ts';
import { isPersonName, PEOPLE, type PersonName } from '../workspace/seed.ts';
import type { Workspace } from '../workspace/workspace.ts';
import type { Stage } from './stage.ts';

const HELP = [
  '/kube defrag prod            a command, as the person in the prompt; /kube help lists them',
  'approve latest               short for /kube approve latest',
  'as approver-1                become that person',
  'as approver-1 approve latest do that once as that person',
  'click Approve                press the newest such button you see (by its text or its action id)',
  `${FAULT_USAGE}   the playground does that to a member`,
  'work prod                    somebody does outside Drydock what a run on prod waits for',
  'people · help · quit',
];

/** Where the session reads and writes. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

/** Reads commands until `quit`, the end of input, or `signal`. What is no transcript goes to `terminal.output`. */
export async function runInteractive(stage: Stage, terminal: Terminal, signal: AbortSignal): Promise<void> {
  const lines = readLines(terminal, signal);
  const { workspace } = stage;
  const session: Session = {
    workspace,
    stage,
    ask: (question) => lines.ask(question),
    write: (line) => terminal.output.write(`${line}\n`),
    who: 'operator',
  };
  for (const line of HELP) session.write(line);
  // The transcript was written over the prompt: show it, and what is being typed, again.
  const unsubscribe = workspace.feed.subscribe(() => lines.showAgain());
  for (;;) {
    const line = (await lines.ask(`${session.who}> `))?.trim();
    if (line === undefined || line === 'quit') break;
    await obey(session, line);
  }
  unsubscribe();
  lines.close();
}

interface Session {
  readonly workspace: Workspace;
  readonly stage: Stage;
  /** Shows a question and resolves with the next line; undefined at the end of input. */
  readonly ask: (question: string) => Promise<string | undefined>;
  readonly write: (line: string) => void;
  who: PersonName;
}

/** Lines are queued, so that nothing is lost that was typed, or piped in, before it was asked for. */
function readLines(terminal: Terminal, signal: AbortSignal) {
  const reader = createInterface(terminal);
  const queue: string[] = [];
  let waiting: ((line: string | undefined) => void) | undefined;
  let closed = false;
  reader.on('line', (line) => {
    if (waiting === undefined) queue.push(line);
    else waiting(line);
    waiting = undefined;
  });
  reader.on('close', () => {
    closed = true;
    waiting?.(undefined);
  });
  // In a terminal it is this that gets Ctrl-C, not the process.
  reader.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  signal.addEventListener('abort', () => reader.close(), { once: true });
  return {
    close: () => reader.close(),
    showAgain(): void {
      if (waiting !== undefined && reader.terminal) reader.prompt(true);
    },
    ask(question: string): Promise<string | undefined> {
      if (!closed) {
        reader.setPrompt(question);
        reader.prompt();
      }
      const next = queue.shift();
      if (next !== undefined || closed) return Promise.resolve(next);
      return new Promise((resolve) => {
        waiting = resolve;
      });
    },
  };
}

async function obey(session: Session, line: string): Promise<void> {
  try {
    const [first = '', name = '', ...rest] = line.split(/\s+/);
    if (first === '') return;
    if (first === 'help') session.write(HELP.join('\n'));
    else if (first === 'people') session.write(Object.keys(PEOPLE).join(', '));
    else if (isFaultLine(line)) await orSay(session, session.stage.fault(line));
    else if (first === 'work') await orSay(session, session.stage.work(name));
    else if (first === 'as') await become(session, name, rest.join(' '));
    else await act(session, session.who, line);
  } catch (error) {
    session.write(error instanceof Error ? error.message : String(error));
  }
}

async function orSay(session: Session, doing: Promise<string | undefined>): Promise<void> {
  const problem = await doing;
  if (problem !== undefined) session.write(problem);
}

async function become(session: Session, name: string, rest: string): Promise<void> {
  if (!isPersonName(name)) throw new Error(`there is no ${name}; there are ${Object.keys(PEOPLE).join(', ')}`);
  if (rest === '') session.who = name;
  else await act(session, name, rest);
}

async function act(session: Session, name: PersonName, line: string): Promise<void> {
  const person = session.workspace.person(name);
  if (/^click\s/.test(line)) await click(session, person, line.slice('click'.length).trim());
  else await person.command(line.startsWith('/') ? line : `/kube ${line}`);
}

async function click(session: Session, person: Person, wanted: string): Promise<void> {
  const { state } = session.workspace;
  const seen = [...state.channels.keys()].flatMap((channel) => person.sees(channel));
  const found = seen
    .toSorted((a, b) => Number(b.ts) - Number(a.ts))
    .flatMap((message) => findElements(message.blocks).map((placed) => ({ message, element: placed.element })))
    .find(({ element }) => element.action_id === wanted || matches(element.text?.text, wanted));
  if (found === undefined) throw new Error(`${person.name} sees no button ${wanted}`);
  const { message, element } = found;
  await person.click({ channel: message.channel, ts: message.ts, actionId: element.action_id });
  const view = await modalWithin(session.workspace, person);
  if (view !== undefined) await fillIn(session, person, view);
}

function matches(label: string | undefined, wanted: string): boolean {
  return label?.replace(/\s*…$/, '').toLowerCase() === wanted.toLowerCase();
}

async function modalWithin(workspace: Workspace, person: Person): Promise<View | undefined> {
  // A trigger opens a modal within 3 s or never; most buttons open none.
  return workspace.waitFor('a modal', () => person.view(), 700).catch(() => undefined);
}

async function fillIn(session: Session, person: Person, view: View): Promise<void> {
  const values: Record<string, string> = {};
  for (const { blockId, element } of findElements(view.blocks)) {
    const choices = element.options?.map((option) => option.value).join(' | ') ?? 'text';
    const typed = await session.ask(`${view.title}, ${blockId} (${choices}), empty to leave: `);
    if (typed === undefined || typed.trim() === '') {
      await person.close(view);
      return;
    }
    values[blockId] = typed;
  }
  await person.submit(view, values);
}
