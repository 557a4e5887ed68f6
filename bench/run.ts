import process from 'node:process';
import { benchAcknowledgement } from './acknowledgement.ts';
import { benchRequestToStep } from './request-to-step.ts';
import { benchWritesDuringDefrag } from './writes-during-defrag.ts';

const all = {
  acknowledgement: benchAcknowledgement,
  'request-to-step': benchRequestToStep,
  'writes-during-defrag': benchWritesDuringDefrag,
} as const;

const wanted = process.argv.slice(2);
for (const [name, bench] of Object.entries(all)) {
  if (wanted.length === 0 || wanted.includes(name)) await bench();
}
process.exit(0);
