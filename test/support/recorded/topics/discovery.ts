import type { Topic } from '../replay.ts';

const CHECKS =
  'the list of checks is that of a build; the stand-in has those it can probe, with etcd among them (a standard build has them)';
const TRIMMED = 'the recorded list is trimmed to a few kinds; compared by its own test';

/** 01 Discovery and health. */
export const DISCOVERY: Topic = {
  topic: '01',
  leftOut: {
    '01-04': TRIMMED,
    '01-05': TRIMMED,
    '01-06': TRIMMED,
    '01-07': TRIMMED,
    '01-08': TRIMMED,
    '01-09': 'the ETag is of the recorded document',
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
