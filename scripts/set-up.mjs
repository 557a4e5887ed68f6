/**
 * Gets everything that `npm run demo`, `npm test` and `npm run bench` need, and says on stderr what it installs.
 * Plain JavaScript for Node 18 and newer: it runs before the project's own Node 24 is there. It must stand in a `pre…`
 * script, because a shell that ran the old `node` once on a line goes on using it.
 *
 * `--for-tests` also installs Chromium and unpacks etcd 3.5, beside the etcd of the machine, and kubectl 1.32.
 */
import { unpackFromTrixie } from './set-up/from-trixie.mjs';
import { oneAtATime } from './set-up/one-at-a-time.mjs';
import { installPackages } from './set-up/packages.mjs';
import { installBrowser, installServers } from './set-up/servers.mjs';
import { root, StopError, say } from './set-up/shell.mjs';

try {
  await oneAtATime(root, () => {
    installPackages(root);
    installServers();
    if (process.argv.includes('--for-tests')) {
      installBrowser();
      unpackFromTrixie(root);
    }
  });
} catch (error) {
  if (!(error instanceof StopError)) throw error;
  say(error.message);
  process.exitCode = 1;
}
