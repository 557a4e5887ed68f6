import { type ReactNode, useEffect, useState } from 'react';
import type { Act } from '../contract.ts';
import { ChannelPane, ThreadPane } from './parts/conversation.tsx';
import { Modal } from './parts/modal.tsx';
import { PanelView } from './parts/panel-view.tsx';
import { Sidebar } from './parts/sidebar.tsx';
import { ThemeSwitch } from './parts/theme.tsx';
import { TopBar } from './parts/top-bar.tsx';
import { keyOf, type PageState } from './state/fold.ts';
import { send, useLink } from './state/link.ts';
import { type PageContext, PageProvider } from './state/page-context.ts';
import { useReadMarks } from './state/read-marks.ts';
import { useRemembered } from './state/remembered.ts';
import { type Route, useRoute } from './state/route.ts';
import { wordsOf } from './state/words.ts';

/** The whole page. */
export function App(): ReactNode {
  const [as, setAs] = useRemembered(
    'tab',
    'drydock.person',
    (kept) => kept ?? 'operator',
    (value) => value,
  );
  const { state, connected } = useLink(as);
  if (state === undefined)
    return <p className="waiting">{connected ? 'Opening the workspace …' : 'Waiting for the workspace …'}</p>;
  return <Workspace key={state.life} as={as} onPerson={setAs} state={state} connected={connected} />;
}

interface WorkspaceProps {
  readonly as: string;
  readonly onPerson: (name: string) => void;
  readonly state: PageState;
  readonly connected: boolean;
}

type Drawer = 'none' | 'sidebar' | 'panel';

/** What is open on the page, and the ways to open and close it. */
function usePlaces(state: PageState) {
  const route = useRoute();
  const [drawer, setDrawer] = useState<Drawer>('none');
  const [thread, setThread] = useThread(state, route);
  useEscape(() => (drawer === 'none' ? setThread(undefined) : setDrawer('none')));
  return {
    drawer,
    thread,
    channel: state.channels.find((one) => one.id === route.channel) ?? state.channels[0],
    threadChannel: state.channels.find((one) => one.id === thread?.channel),
    marked: route.ts,
    go: (id: string) => {
      location.hash = `#/${id}`;
      setThread(undefined);
      setDrawer('none');
    },
    toggle: (wanted: Drawer) => setDrawer(wanted === drawer ? 'none' : wanted),
    closeDrawer: () => setDrawer('none'),
    openThread: (channel: string, ts: string) => setThread({ channel, ts }),
    closeThread: () => setThread(undefined),
  };
}

function Workspace({ as, onPerson, state, connected }: WorkspaceProps): ReactNode {
  const [problem, setProblem] = useState<string>();
  const places = usePlaces(state);
  const marks = useReadMarks(state);
  const words = wordsOf(state);
  const { channel, thread, threadChannel, drawer } = places;
  if (channel === undefined) return <p className="waiting">This workspace has no channels.</p>;
  async function act(wanted: Act): Promise<boolean> {
    const said = await send(as, wanted);
    setProblem(said);
    return said === undefined;
  }
  function become(name: string): void {
    onPerson(name);
    places.closeDrawer();
  }
  const news = [...marks.unread.keys()].some((id) => id !== channel.id);
  return (
    <PageProvider value={{ state, directory: directoryOf(state), act, openThread: places.openThread }}>
      <div className="page" data-drawer={drawer} data-thread={threadChannel !== undefined}>
        <Sidebar channel={channel.id} marks={marks} onPerson={become} onChannel={places.go} theme={<ThemeSwitch />} />
        <main className="channel">
          <TopBar
            channel={channel}
            as={as}
            connected={connected}
            panel={state.panel}
            news={news}
            drawer={drawer}
            onDrawer={places.toggle}
          />
          <ChannelPane
            channel={channel}
            words={words}
            marked={places.marked}
            onRead={(ts) => marks.read(channel.id, ts)}
          />
          {problem !== undefined && <Toast text={problem} onClose={() => setProblem(undefined)} />}
        </main>
        {thread !== undefined && threadChannel !== undefined && (
          <ThreadPane channel={threadChannel} ts={thread.ts} words={words} onClose={places.closeThread} />
        )}
        <PanelView panel={state.panel} onClose={places.closeDrawer} />
        {drawer !== 'none' && <button type="button" className="veil" aria-label="Close" onClick={places.closeDrawer} />}
      </div>
      {state.view !== null && <Modal key={state.view.id} view={state.view} />}
    </PageProvider>
  );
}

interface Thread {
  readonly channel: string;
  readonly ts: string;
}

/** The open thread; a link to a reply opens its thread. */
function useThread(state: PageState, route: Route) {
  const [thread, setThread] = useState<Thread>();
  const target = route.channel === undefined || route.ts === undefined ? undefined : keyOf(route.channel, route.ts);
  const root = target === undefined ? undefined : state.messages.get(target)?.threadTs;
  useEffect(() => {
    if (route.channel !== undefined && root !== undefined) setThread({ channel: route.channel, ts: root });
  }, [route.channel, root]);
  return [thread, setThread] as const;
}

function useEscape(onEscape: () => void): void {
  useEffect(() => {
    function onKey(event: KeyboardEvent): void {
      if (event.key === 'Escape' && !event.defaultPrevented && document.querySelector('dialog[open]') === null)
        onEscape();
    }
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  });
}

function directoryOf(state: PageState): PageContext['directory'] {
  const users = new Map(state.people.map(({ id, name }) => [id, name]));
  const channels = new Map(state.channels.map(({ id, name }) => [id, name]));
  return {
    userName: (id) => users.get(id),
    channelName: (id) => channels.get(id),
    me: state.me,
    nowMs: state.panel?.at ?? Date.now(),
  };
}

function Toast({ text, onClose }: { readonly text: string; readonly onClose: () => void }): ReactNode {
  return (
    <div className="toast" role="alert">
      <span>{text}</span>
      <button type="button" className="icon-button" aria-label="Dismiss" onClick={onClose}>
        ✕
      </button>
    </div>
  );
}
