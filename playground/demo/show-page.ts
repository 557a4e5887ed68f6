import { openBrowser } from '../page/open-browser.ts';
import { type Page, startPage } from '../page/page.ts';
import type { Playground } from '../playground.ts';

/**
 * Serves the workspace's page, says where, and opens it where a browser is at hand. Undefined: it could not be built;
 * why was said, and the terminal session works without it.
 */
export async function showPage(
  playground: Playground,
  built: Promise<string>,
  say: (line: string) => void,
): Promise<Page | undefined> {
  try {
    await built;
  } catch (error) {
    say(`the page cannot be built: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
  const page = await startPage(playground, built);
  say(`\nThe workspace is at ${page.address}${openBrowser(page.address) ? ' (opened in the browser)' : ''}\n`);
  return page;
}
