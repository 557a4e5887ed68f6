import { CONFIG_MAP } from '../objects.ts';
import type { Topic } from '../replay.ts';

const CONTROLLER = 'needs the namespace controller';

/** 18 Namespace life. */
export const NAMESPACES: Topic = {
  topic: '18',
  before: {
    '18-02': (world) =>
      world.must(
        'POST',
        '/api/v1/namespaces/fx-term/configmaps',
        CONFIG_MAP('held', { finalizers: ['example.com/hold'] }),
      ),
  },
  leftOut: { '18-06': CONTROLLER, '18-07': CONTROLLER },
};
