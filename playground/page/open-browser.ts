import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The program that shows a web page to the person at this machine; undefined: there is none, or no screen. */
export function browserCommand(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): readonly string[] | undefined {
  const { BROWSER: chosen, CI: ci, DISPLAY: x11, WAYLAND_DISPLAY: wayland } = env;
  if (chosen !== undefined && chosen !== '') return [chosen];
  if (ci !== undefined && ci !== '') return undefined;
  if (platform === 'darwin') return ['open'];
  if ((x11 ?? '') === '' && (wayland ?? '') === '') return undefined;
  return onPath('xdg-open', env) ? ['xdg-open'] : undefined;
}

/** Opens an address in the browser. Answers whether there was one to ask; what it does then is its own affair. */
export function openBrowser(address: string): boolean {
  const [program, ...args] = browserCommand(process.env, process.platform) ?? [];
  if (program === undefined) return false;
  const browser = spawn(program, [...args, address], { stdio: 'ignore', detached: true });
  browser.on('error', () => undefined);
  browser.unref();
  return true;
}

function onPath(program: string, env: NodeJS.ProcessEnv): boolean {
  return (env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
