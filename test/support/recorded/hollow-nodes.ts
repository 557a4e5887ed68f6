import { join } from 'node:path';
import type { LocalApi } from '../../../playground/kubernetes/contracts.ts';
import { createNodeAgent } from '../../../playground/kubernetes/node/agent.ts';

/** The kubelets of the recorded nodes `node-1` … `node-4`. */
export interface HollowNodes {
  start(): void;
  /** They report nothing and end no pods until they are started again. */
  stop(): Promise<void>;
  end(): Promise<void>;
}

/** Starts four nodes whose containers are nothing but states. */
export function startHollowNodes(api: LocalApi, directory: string): HollowNodes {
  const agents = [1, 2, 3, 4].map((index) => {
    const name = `node-${index}`;
    const place = { name, address: '127.0.0.1', directory: join(directory, name), port: (port: number) => port };
    return createNodeAgent({ place, api, images: {}, index, pace: 0.1 });
  });
  function start(): void {
    for (const agent of agents) agent.start();
  }
  start();
  return {
    start,
    async stop() {
      await Promise.all(agents.map((agent) => agent.stop()));
    },
    async end() {
      await Promise.all(agents.map((agent) => agent.powerOff()));
    },
  };
}
