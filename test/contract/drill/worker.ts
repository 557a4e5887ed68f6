// A process that drills with the programs in a folder, to be killed while it does.
//
//   node worker.ts <folder of drills> <folder of programs>
import { createDrill } from '../../../src/adapters/drill/drill.ts';
import { createSocketEtcd } from '../../../src/adapters/etcd/direct.ts';
import { createRealClock } from '../../support/real-clock.ts';
import { createRecordingLog } from '../../support/recording-log.ts';

const [folder = '', programs = ''] = process.argv.slice(2);
const drill = createDrill({
  folder,
  searchIn: [programs],
  path: '',
  etcdAt: createSocketEtcd,
  clock: createRealClock(),
  log: createRecordingLog(),
});
async function* content(): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from('secret'));
}
await drill.restore(
  { id: 'prod-20261122005130-7f3k', version: '3.5.1', sizeBytes: 6, revision: '1', content: content() },
  { signal: new AbortController().signal },
);
