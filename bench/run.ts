import process from 'node:process';
import { benchAcknowledgement } from './acknowledgement.ts';
import { benchBackup } from './backup.ts';
import { benchDrain } from './drain.ts';
import type { BenchOptions } from './figures.ts';
import { benchKubernetes } from './kubernetes.ts';
import { benchMemory } from './memory.ts';
import { benchReplace } from './replace.ts';
import { benchRequestToStep } from './request-to-step.ts';
import { benchSlackAtScale } from './slack-at-scale.ts';
import { benchWritesDuringDefrag } from './writes-during-defrag.ts';

const all = {
  acknowledgement: benchAcknowledgement,
  'request-to-step': benchRequestToStep,
  'writes-during-defrag': benchWritesDuringDefrag,
  'slack-at-scale': benchSlackAtScale,
  memory: benchMemory,
  kubernetes: benchKubernetes,
  backup: benchBackup,
  replace: benchReplace,
  drain: benchDrain,
} as const satisfies Readonly<Record<string, (options: BenchOptions) => Promise<void>>>;

const SHORT = '--short';
const MIB = /^--mib=([1-9]\d*)$/;
const words = process.argv.slice(2);
const mib = words.map((word) => MIB.exec(word)?.[1]).findLast((found) => found !== undefined);
const wanted = words.filter((word) => word !== SHORT && !MIB.test(word));
const unknown = wanted.filter((name) => !Object.hasOwn(all, name));
if (unknown.length > 0) {
  console.error(`There is no measurement ${unknown.join(', ')}; there are ${Object.keys(all).join(', ')}.`);
  process.exit(1);
}
for (const [name, bench] of Object.entries(all)) {
  if (wanted.length === 0 || wanted.includes(name))
    await bench({ short: words.includes(SHORT), mib: mib === undefined ? null : Number(mib) });
}
process.exit();
