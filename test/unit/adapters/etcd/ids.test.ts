import { assert, bigInt, property, string } from 'fast-check';
import { expect, test } from 'vitest';
import { readMemberList, readStatus } from '../../../../src/adapters/etcd/answers.ts';
import { idFromDecimal, idToDecimal } from '../../../../src/adapters/etcd/ids.ts';
import { loadEtcdRpc } from '../../../../src/adapters/etcd/rpc.ts';

const anyId = bigInt({ min: 0n, max: 2n ** 64n - 1n });
const rpc = loadEtcdRpc();

/** The bytes of a request that carries nothing but this id. */
function written(id: bigint): string {
  return rpc.moveLeader.serialize({ targetID: idToDecimal(id.toString(16)) }).toString('hex');
}

/** A varint field 1, written by hand. */
function varintField(value: bigint): string {
  const bytes = [0x08];
  let rest = value;
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(bytes).toString('hex');
}

test('an id is the same after decimal and back', () => {
  assert(
    property(anyId, (id) => {
      expect(idFromDecimal(id.toString())).toBe(id.toString(16));
      expect(idToDecimal(idFromDecimal(id.toString()))).toBe(id.toString());
    }),
  );
});

test('ids are written to the wire without losing a digit', () => {
  assert(
    property(bigInt({ min: 1n, max: 2n ** 64n - 1n }), (id) => {
      expect(written(id)).toBe(varintField(id));
    }),
  );
});

test('ids, terms and revisions are read from the wire without losing a digit', () => {
  assert(
    property(bigInt({ min: 1n, max: 2n ** 64n - 1n }), (id) => {
      const varint = Buffer.from(varintField(id), 'hex');
      // member { ID }, header { cluster_id }
      const list = Buffer.concat([
        Buffer.from([0x0a, varint.length]),
        varint,
        Buffer.from([0x12, varint.length]),
        varint,
      ]);
      expect(readMemberList(rpc.memberList.deserialize(list))).toEqual({
        clusterId: id.toString(16),
        members: [{ id: id.toString(16), name: '', peerUrls: [], clientUrls: [], isLearner: false }],
      });
      // header {}, leader = 4, raftIndex = 5, raftTerm = 6, raftAppliedIndex = 7
      const fields = [0x20, 0x28, 0x30, 0x38].map((tag) => Buffer.concat([Buffer.from([tag]), varint.subarray(1)]));
      const status = readStatus(rpc.status.deserialize(Buffer.concat([Buffer.from([0x0a, 0]), ...fields])));
      expect(status).toMatchObject({
        leaderId: id.toString(16),
        raftIndex: id,
        raftTerm: id,
        raftAppliedIndex: id,
      });
    }),
  );
});

test('what is no id is refused', () => {
  for (const text of ['', '-1', '1.5', '0x1', '1e3', '123456789012345678901']) {
    expect(() => idFromDecimal(text)).toThrow(SyntaxError);
  }
  assert(
    property(
      string().filter((text) => !/^[0-9a-f]{1,16}$/.test(text)),
      (text) => {
        expect(() => idToDecimal(text)).toThrow(SyntaxError);
      },
    ),
  );
});
