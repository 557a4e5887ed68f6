import process from 'node:process';
import { createJsonLog } from '../../src/adapters/log/json-log.ts';
import { createRedact } from '../../src/adapters/log/redact.ts';
import { onCrash, onSignals } from '../../src/app/signals.ts';

/** A process whose stop never ends, or that crashes: what signals and bugs do to it is tested. */
const log = createJsonLog({ level: 'info', redact: createRedact() });
const [mode] = process.argv.slice(2);
onCrash(log);
setInterval(() => undefined, 1000);
if (mode === 'throw') {
  setImmediate(() => {
    throw new Error('a bug with xoxb-canary');
  });
} else if (mode === 'reject') {
  void Promise.reject(new Error('a forgotten promise with xoxb-canary'));
} else {
  process.stdout.write('waiting\n');
  await onSignals({ stop: async () => await new Promise<never>(() => undefined) }, log);
}
