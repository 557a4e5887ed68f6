import { createNoHosts } from '../../src/app/no-hosts.ts';

/** For scenes without access to machines. */
export const NO_HOSTS = createNoHosts('This scene has no hosts.');
