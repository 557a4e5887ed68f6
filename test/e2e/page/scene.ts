import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page as Tab } from 'playwright-core';
import { buildPage } from '../../../playground/page/build.ts';
import { startPage } from '../../../playground/page/page.ts';
import { type Playground, type PlaygroundOptions, startPlayground } from '../../../playground/playground.ts';
import { ROOT } from '../../support/repository.ts';

/** A playground with its page, and browsers that look at it. */
export interface PageScene {
  readonly playground: Playground;
  readonly address: string;
  /** Requests of any tab that went elsewhere than to the workspace; and what broke or was complained of in the console. */
  readonly outside: readonly string[];
  readonly complaints: readonly string[];
  /** Opens the page in a browser profile of its own and waits until it shows the workspace. */
  open(options: BrowserContextOptions): Promise<Tab>;
  stop(): Promise<void>;
}

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Desktop in light, and the narrowest phone in dark. */
export const DESKTOP = { viewport: { width: 1280, height: 960 }, colorScheme: 'light' } as const;
export const PHONE = { viewport: { width: 360, height: 740 }, colorScheme: 'dark' } as const;

/** A bare ring as `prod`, with waits as short as they may be. */
const RING: PlaygroundOptions = {
  prod: 'ring',
  fill: { megabytes: 40, keep: 0.4 },
  configuration: { pause: '1s', sample: '100ms', answerWithin: '10s' },
};

/** Starts everything; default: {@link RING}. Call {@link PageScene.stop} at the end. */
export async function startPageScene(options: PlaygroundOptions = RING): Promise<PageScene> {
  const folder = buildPage();
  const playground = await startPlayground(options);
  const stops: (() => Promise<void>)[] = [() => playground.stop()];
  async function stop(): Promise<void> {
    for (const one of stops.splice(0).toReversed()) await one();
  }
  try {
    const page = await startPage(playground, folder);
    stops.push(() => page.stop());
    const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS });
    stops.push(() => browser.close());
    const outside: string[] = [];
    const complaints: string[] = [];
    const open = (tab: BrowserContextOptions) => openTab(browser, page.address, tab, outside, complaints);
    return { playground, address: page.address, outside, complaints, open, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function openTab(
  browser: Browser,
  address: string,
  options: BrowserContextOptions,
  outside: string[],
  complaints: string[],
): Promise<Tab> {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
  const tab = await context.newPage();
  tab.setDefaultTimeout(30_000);
  const { origin } = new URL(address);
  context.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !url.startsWith('data:')) outside.push(url);
  });
  tab.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  tab.on('pageerror', (error) => complaints.push(error.message));
  await tab.goto(address);
  await tab.getByRole('heading', { name: '#ops' }).first().waitFor();
  return tab;
}

/** Types into the message box of `#ops` and sends with Enter. */
export async function say(tab: Tab, text: string): Promise<void> {
  const box = tab.getByRole('combobox', { name: 'Message #ops' });
  await box.fill(text);
  await box.press('Enter');
}

/** Becomes another person of the workspace, on a narrow page through the drawer. */
export async function become(tab: Tab, name: string): Promise<void> {
  const drawer = tab.getByRole('button', { name: /^Channels and people/ });
  if (await drawer.isVisible()) await drawer.click();
  await tab.getByRole('button', { name: new RegExp(`^${name}`) }).click();
  await tab.locator('.as', { hasText: name }).waitFor();
}

/**
 * What is wider than the box it stands in, so that a part of it cannot be seen: the document, the channel, the thread,
 * dialogs and everything in them. Tables and code that scroll by themselves do not count. Empty: nothing.
 */
export function cutOff(tab: Tab): Promise<readonly string[]> {
  return tab.evaluate(() => {
    const scrolls = '.block-table, .block-table *, pre, textarea, input';
    return [...document.querySelectorAll('*')]
      .filter((box) => box.clientWidth > 1 && box.scrollWidth > box.clientWidth + 1 && !box.matches(scrolls))
      .filter((box) => box === document.documentElement || getComputedStyle(box).overflowX !== 'visible')
      .map((box) => `${box.tagName.toLowerCase()}.${box.className}: ${box.scrollWidth} of ${box.clientWidth} px`);
  });
}

/**
 * Takes a picture. With `SCREENSHOTS=docs` in the environment it becomes `docs/screenshots/<name>.png`; otherwise it is
 * only taken, so that a page that cannot be drawn fails the test.
 */
export async function shoot(tab: Tab, name: string): Promise<number> {
  const picture = await tab.screenshot({ animations: 'disabled', caret: 'hide' });
  if (process.env['SCREENSHOTS'] === 'docs') {
    await mkdir(join(ROOT, 'docs/screenshots'), { recursive: true });
    await writeFile(join(ROOT, `docs/screenshots/${name}.png`), picture);
  }
  return picture.length;
}
