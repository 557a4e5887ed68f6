import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { z } from 'zod';
import { bodyOf, seed } from '../objects.ts';
import type { Topic } from '../replay.ts';

const WithMetadata = z.looseObject({ metadata: z.record(z.string(), z.unknown()) });

const run = promisify(execFile);

/** A request for a certificate, as it stands in the object. */
async function signingRequest(): Promise<string> {
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', '/dev/null'];
  const { stdout } = await run('openssl', ['req', ...curve, '-subj', '/CN=recorder']);
  return Buffer.from(stdout).toString('base64');
}

/** 17 CertificateSigningRequest. */
export const SIGNING: Topic = {
  topic: '17',
  given: ['17-05'],
  // The request itself was not recorded.
  setUp: async (world) => world.names.known.set('REDACTED', await signingRequest()),
  before: {
    '17-04': (world) => seed(world, 'certificatesigningrequests/c1', bodyOf('17-01-create')),
    '17-07': (world) => seed(world, 'certificatesigningrequests/c2', undecided(bodyOf('17-07-deny'))),
    '17-05': (world) => seed(world, 'certificatesigningrequests/c1', bodyOf('17-05-issued')),
  },
  except: { '17-01': { places: /^spec\.(username|extra)/, because: 'of the administrator' } },
};

function undecided(recorded: unknown): unknown {
  const { metadata, ...rest } = WithMetadata.parse(recorded);
  return { ...rest, metadata: { ...metadata, resourceVersion: undefined }, status: {} };
}
