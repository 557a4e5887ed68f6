import { createNoHosts } from '../../src/adapters/ssh/no-hosts.ts';

/** For scenes without access to machines. */
export const NO_HOSTS = createNoHosts('This scene has no hosts.');
