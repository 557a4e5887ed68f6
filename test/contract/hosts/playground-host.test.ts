import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeTemporaryDirectory, removeDirectory } from '../../../playground/directories.ts';
import { createHost, HOST_FACTS } from '../../../playground/hosts/host.ts';
import { makeHostAccess } from '../../../playground/hosts/host-access.ts';
import { chooseAddresses, SSH_PORT } from '../../../playground/hosts/places.ts';
import { createSshHosts } from '../../../src/adapters/ssh/ssh-hosts.ts';
import { hostSuite } from './host-suite.ts';

/** Holds its database as etcd does, and stays. */
const SERVICE = `#!/bin/sh
mkdir -p "$ETCD_DATA_DIR/member/snap"
exec flock "$ETCD_DATA_DIR/member/snap/db" sleep 600
`;

hostSuite({
  name: 'of the playground, by ssh',
  async start() {
    const directory = await makeTemporaryDirectory('host');
    const program = join(directory, 'service');
    await mkdir(directory, { recursive: true });
    await writeFile(program, SERVICE);
    await chmod(program, 0o755);
    const [address = ''] = await chooseAddresses(1);
    const access = await makeHostAccess(directory);
    const host = createHost({
      name: 'm-2',
      address,
      sshPort: SSH_PORT,
      directory: join(directory, 'm-2'),
      etcd: program,
      authorizedKey: access.publicKey,
      user: access.entry.ssh.user,
      restartMs: 200,
      removeWhenOrphaned: [directory],
    });
    await host.reinstall({ ETCD_NAME: 'm-2', ETCD_DATA_DIR: HOST_FACTS.dataDirectory }, {});
    await access.pin([host]);
    await host.powerOn();
    return {
      port: createSshHosts({ ...access.entry.ssh, facts: HOST_FACTS }),
      facts: HOST_FACTS,
      host: address,
      breakService: (broken) => host.startThrough(broken ? ['/bin/false'] : []),
      killService: () => host.service.kill(),
      powerOff: () => host.powerOff(),
      async stop() {
        await host.powerOff();
        await removeDirectory(directory);
      },
    };
  },
});
