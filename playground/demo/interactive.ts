import { createInterface, type Interface } from 'node:readline';
import { findElements } from '../workspace/elements.ts';
import type { View } from '../workspace/model.ts';
import type { Person } from '../workspace/person.ts';
import { isPersonName, PEOPLE, type PersonName } from '../workspace/seed.ts';
import type { Workspace } from '../workspace/workspace.ts';

const HELP = [
  '/kube defrag prod            a command, as the person in the prompt; /kube help lists them',
  'approve latest               short for /kube approve latest',
  'as approver-1                become that person',
  'as approver-1 approve latest do that once as that person',
  'click Approve                press the newest such button you see (by its text or its action id)',
  'people · help · quit',
];

/** Reads commands from a terminal until `quit`, the end of input, or `signal`. Everything is written to `write`. */
export async function runInteractive(
  workspace: Workspace,
  terminal: { readonly input: NodeJS.ReadableStream; readonly output: NodeJS.WritableStream },
  write: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const lines = createInterface({ input: terminal.input, output: terminal.output });
  const session: Session = { workspace, lines, write, who: 'operator', signal };
  signal.addEventListener('abort', () => lines.close(), { once: true });
  for (const line of HELP) write(line);
  prompt(session);
  for await (const line of lines) {
    if (line.trim() === 'quit') break;
    await obey(session, line.trim());
    prompt(session);
  }
  lines.close();
}

interface Session {
  readonly workspace: Workspace;
  readonly lines: Interface;
  readonly write: (line: string) => void;
  readonly signal: AbortSignal;
  who: PersonName;
}

function prompt(session: Session): void {
  session.lines.setPrompt(`${session.who}> `);
  session.lines.prompt();
}

async function obey(session: Session, line: string): Promise<void> {
  try {
    const [first = '', name = '', ...rest] = line.split(/\s+/);
    if (first === '') return;
    if (first === 'help') session.write(HELP.join('\n'));
    else if (first === 'people') session.write(Object.keys(PEOPLE).join(', '));
    else if (first === 'as') await become(session, name, rest.join(' '));
    else await act(session, session.who, line);
  } catch (error) {
    session.write(error instanceof Error ? error.message : String(error));
  }
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
    const typed = await ask(session, `${view.title}, ${blockId} (${choices}), empty to leave: `);
    if (typed.trim() === '') {
      await person.close(view);
      return;
    }
    values[blockId] = typed;
  }
  await person.submit(view, values);
}

function ask(session: Session, question: string): Promise<string> {
  return new Promise((resolve) => {
    session.signal.addEventListener('abort', () => resolve(''), { once: true });
    session.lines.question(question, resolve);
  });
}
