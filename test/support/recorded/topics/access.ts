import { z } from 'zod';
import { accountToken, comeAs } from '../accounts.ts';
import { makeNamespace } from '../objects.ts';
import type { Topic } from '../replay.ts';

const BASE = '/api/v1/namespaces/fx-auth';
const RBAC = 'rbac.authorization.k8s.io';
const ROLES = `/apis/${RBAC}/v1/namespaces/fx-auth`;
/** Of the token that the recorded answers name. */
const RECORDED_JTI = '3d2c82c3-03c9-4e76-8a6f-b06a761f2651';

const Claims = z.object({ jti: z.string() });

let viewer = '';
let granted = '';

/** 14 Who may do what. */
export const ACCESS: Topic = {
  topic: '14',
  async setUp(world) {
    await makeNamespace(world, 'fx-auth');
    viewer = await accountToken(world, 'fx-auth', 'viewer');
    granted = await accountToken(world, 'fx-auth', 'granted');
    await world.must('POST', `${ROLES}/roles`, ROLE);
    await world.must('POST', `${ROLES}/rolebindings`, BINDING);
  },
  before: {
    '14-01': (world) => comeAs(world, 'nonsense'),
    async '14-03'(world) {
      const token = await accountToken(world, 'fx-auth', 'gone');
      await world.must('DELETE', `${BASE}/serviceaccounts/gone`);
      await comeAs(world, token);
    },
    '14-05': (world) => comeAs(world, viewer),
    '14-12': (world) => comeAs(world, granted),
    '14-22'(world) {
      const [, claims = ''] = viewer.split('.');
      world.names.known.set(RECORDED_JTI, Claims.parse(JSON.parse(Buffer.from(claims, 'base64url').toString())).jti);
      return comeAs(world, viewer);
    },
    '14-26': (world) => Promise.resolve(world.names.known.set('REDACTED', viewer)),
    '14-27': (world) => Promise.resolve(world.names.known.set('REDACTED', 'nonsense')),
    '14-28': (world) => comeAs(world, viewer),
  },
  except: {
    '14-19': {
      places: /^status\.nonResourceRules/,
      because: 'one rule is of the recorded distribution, and their order is that of a cache',
    },
    '14-23': { places: /^status\.token/, because: 'a token' },
  },
};

const ROLE = {
  apiVersion: `${RBAC}/v1`,
  kind: 'Role',
  metadata: { name: 'r' },
  rules: [
    { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] },
    { apiGroups: [RBAC], resources: ['roles', 'rolebindings'], verbs: ['create'] },
  ],
};

const BINDING = {
  apiVersion: `${RBAC}/v1`,
  kind: 'RoleBinding',
  metadata: { name: 'r' },
  roleRef: { apiGroup: RBAC, kind: 'Role', name: 'r' },
  subjects: [{ kind: 'ServiceAccount', name: 'granted', namespace: 'fx-auth' }],
};
