import { recorded as recordedOf } from '../../kubernetes-fixtures.ts';
import { headerOf, type Topic } from '../replay.ts';

const CHECKS =
  'the list of checks is that of a build; the stand-in has those it can probe, with etcd among them (a standard build has them)';

/** 01 Discovery and health. */
export const DISCOVERY: Topic = {
  topic: '01',
  trimmed: ['01-04', '01-05', '01-06', '01-07', '01-08'],
  before: {
    async '01-09'(world) {
      const recorded = headerOf(recordedOf('01-08-aggregated-api').response.headers, 'etag');
      const { method, headers, path } = recordedOf('01-08-aggregated-api').request;
      const heard = await world.must(method, path, undefined, { Accept: String(headers['Accept']) });
      world.names.known.set(recorded, headerOf(heard.headers, 'etag'));
    },
  },
  leftOut: {
    '01-11': CHECKS,
    '01-12': 'a standard build has the check etcd; the recorded one has not',
    '01-13': CHECKS,
  },
  except: {
    '01-01': { places: /gitCommit|goVersion|compiler|buildDate|platform/, because: 'of the build' },
    '01-02': { places: /gitCommit|goVersion|compiler|buildDate|platform/, because: 'of the build' },
    '01-03': { places: /serverAddress/, because: 'the address of the recorded server' },
  },
};
