import { createFakeHosts, FAKE_HOST_FACTS } from '../../fakes/hosts.ts';
import { hostSuite } from './host-suite.ts';

hostSuite({
  name: 'fake',
  async start() {
    const fake = createFakeHosts();
    const machine = fake.add('10.0.0.12', { ETCD_NAME: 'm-2', ETCD_DATA_DIR: '/var/lib/etcd' });
    machine.start();
    return await Promise.resolve({
      port: fake.port,
      facts: FAKE_HOST_FACTS,
      host: '10.0.0.12',
      breakService(broken) {
        machine.service.fate = broken ? 'crashes' : 'runs';
      },
      async killService() {
        machine.crash();
        await Promise.resolve();
      },
      async powerOff() {
        machine.powerOff();
        await Promise.resolve();
      },
      stop: () => fake.port.close(),
    });
  },
});
