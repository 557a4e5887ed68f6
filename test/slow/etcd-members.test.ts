import { expect, test } from 'vitest';
import { waitFor } from '../../playground/waiting.ts';
import { memberSuite } from '../contract/etcd/member-suite.ts';
import { ETCD_3_4, ETCD_3_5, EXEC_3_4, EXEC_3_5, TUNNEL_3_5 } from '../contract/etcd/real-ring.ts';
import { CALL, codeOf, leaderAndFollowers, ok } from '../contract/etcd/ring-under-test.ts';

memberSuite(ETCD_3_5);
memberSuite(TUNNEL_3_5);
memberSuite(EXEC_3_5);
memberSuite(ETCD_3_4);
memberSuite(EXEC_3_4);

test('an addition that nobody could confirm is unknown or was not sent, and the list tells when the ring is back', async () => {
  const ring = await ETCD_3_5.open();
  try {
    const { leader, followers } = await leaderAndFollowers(ring.port);
    const peerUrls = [await ring.place('m-4')];
    // A member with a peer URL that is taken is refused for being there only when all have been connected for a while.
    const taken = { peerUrls: leader.peerUrls, learner: true };
    await waitFor('the members to be connected', async () => {
      const answer = await ring.port.addMember(leader, taken, CALL);
      return !answer.ok && answer.error.refusal === 'peer-url-exists';
    });
    await Promise.all(followers.map(async ({ name }) => await ring.freeze(name)));
    const answer = await ring.port.addMember(leader, { peerUrls, learner: true }, { timeoutMs: 2_000 });
    await Promise.all(followers.map(async ({ name }) => await ring.thaw(name)));

    // Whether the leader still took the request depends on how soon it missed the others.
    expect(['unknown-outcome', 'unreachable', 'refused']).toContain(codeOf(answer));
    await waitFor('the ring to decide again', async () => (await ring.port.put('x', Buffer.from('x'), CALL)).ok);
    const { members } = ok(await ring.port.members(CALL));
    const there = members.filter((member) => member.peerUrls.includes(peerUrls[0] ?? ''));
    expect(there.length).toBeLessThanOrEqual(codeOf(answer) === 'unknown-outcome' ? 1 : 0);
  } finally {
    await ring.stop();
  }
});
