import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { faultNamed, switchNamed } from '../faults/command.ts';
import type { Playground } from '../playground.ts';
import type { MemberFaultRequest, SwitchRequest } from './acts.ts';
import { readCompletions } from './completions.ts';
import type { Panel } from './contract.ts';
import { createPanelReader, type PanelReader } from './panel.ts';
import { servePages } from './serve.ts';
import { createSwitches } from './switches.ts';

/** The workspace's page, being served. */
export interface Page {
  /** Where to look at it. */
  readonly address: string;
  /** Whether a process is down because somebody switched it off on the page. */
  downOnPurpose(role: string): boolean;
  /** Stops watching the machines; the address ends with the workspace. */
  stop(): Promise<void>;
}

const MANIFEST = new URL('../../manifest.json', import.meta.url);

/** Serves the page of a running playground on the workspace's own address. `folder`: with the built page. */
export async function startPage(playground: Playground, folder: Promise<string>): Promise<Page> {
  const { workspace } = playground;
  const { origin, port } = new URL(workspace.apiUrl);
  const switches = createSwitches(playground);
  const { platforms } = playground;
  const completions = await readCompletions(MANIFEST, {
    clusters: platforms.map(({ name }) => name),
    members: [...new Set(platforms.flatMap((platform) => platform.members().map(({ name }) => name)))],
  });
  // Everybody can write to the bot directly from the start.
  for (const user of workspace.state.users.values()) if (!user.isBot) workspace.state.openDirect(user.id);
  const watch = watchEverySecond(createPanelReader(playground, switches));
  workspace.serve(
    servePages({
      workspace,
      state: workspace.state,
      port: Number(port),
      life: randomBytes(6).toString('hex'),
      folder,
      completions,
      setFault: (request) => switches.set(request),
      setMemberFault: (order) => setMemberFault(playground, order),
      turnSwitch: (order) => turnSwitch(playground, order),
      work: (cluster) => doWork(playground, cluster),
      watchPanel: (listener) => watch.add(listener),
    }),
  );
  return {
    address: `${origin}/page/`,
    downOnPurpose: (role) => switches.downOnPurpose(role),
    stop: () => watch.stop(),
  };
}

async function setMemberFault(
  { faults }: Playground,
  { cluster, fault, member }: MemberFaultRequest,
): Promise<string | undefined> {
  const known = faultNamed(fault);
  if (known === undefined) return `There is no fault ${fault}.`;
  const answer = await faults.set({ cluster, fault: known, member });
  return answer.ok ? undefined : answer.problem;
}

async function turnSwitch(
  { faults }: Playground,
  { cluster, switch: name, on }: SwitchRequest,
): Promise<string | undefined> {
  const known = switchNamed(name);
  if (known === undefined) return `There is no switch ${name}.`;
  const answer = await faults.set({ cluster, switch: known, on });
  return answer.ok ? undefined : answer.problem;
}

async function doWork({ platforms }: Playground, cluster: string): Promise<string | undefined> {
  const work = platforms.find(({ name }) => name === cluster)?.work ?? null;
  if (work === null) return `Nobody works outside Drydock for ${cluster}.`;
  try {
    await work();
    return undefined;
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}.`;
  }
}

const EVERY_MS = 1_000;

/** Reads while somebody looks, and only then. */
function watchEverySecond(reader: PanelReader) {
  const listeners = new Set<(panel: Panel) => void>();
  const stopping = new AbortController();
  let loop: Promise<void> | undefined;

  async function readOn(): Promise<void> {
    while (listeners.size > 0 && !stopping.signal.aborted) {
      const panel = await reader.read();
      for (const listener of listeners) listener(panel);
      await delay(EVERY_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
    loop = undefined;
  }
  return {
    add(listener: (panel: Panel) => void): () => void {
      listeners.add(listener);
      loop ??= readOn();
      return () => listeners.delete(listener);
    },
    async stop(): Promise<void> {
      stopping.abort();
      await loop;
      reader.close();
    },
  };
}
