import { describe, expect, test } from 'vitest';
import { policyOf } from '../../../src/config/to-core.ts';
import { GOOD, load, warningsOf } from './support.ts';

const YAML = GOOD.replace(
  '  operator: { users: [U0OPERATOR] }',
  '  operator: { users: [U0OPERATOR], groups: [S0PLATFORM, S0SRE] }\n  temp: { groups: [S0TEMP] }',
);

async function configOf(yaml: string) {
  const result = await load(yaml);
  if (!result.ok) throw new Error(result.problems.map((each) => each.expected).join('; '));
  return result.config;
}

function rolesIn(members: Readonly<Record<string, readonly string[]>>) {
  return (group: string) => members[group] ?? null;
}

describe('roles with user groups', () => {
  test('have the users that are listed and the members of every group, each once', async () => {
    const config = await configOf(YAML);
    const members = rolesIn({ S0PLATFORM: ['U1', 'U0OPERATOR'], S0SRE: ['U1', 'U2'], S0TEMP: [] });
    const { roles } = policyOf(config, 'T1', members);

    expect(roles.map(({ name, users }) => [name, users])).toEqual([
      ['operator', ['U0OPERATOR', 'U1', 'U2']],
      ['temp', []],
      ['approver', ['U0APPROVER1', 'U0APPROVER2']],
    ]);
  });

  test('nobody has a role through a group that is not known', async () => {
    const { roles } = policyOf(await configOf(YAML), 'T1', rolesIn({ S0SRE: ['U2'] }));

    expect(roles.find(({ name }) => name === 'operator')?.users).toEqual(['U0OPERATOR', 'U2']);
  });

  test('what is denied to a role whose group is not known is denied to everybody', async () => {
    const yaml = `${YAML}  - { clusters: [prod], commands: [defrag], deny: [temp] }\n`;
    const config = await configOf(yaml);
    const denied = (members: Readonly<Record<string, readonly string[]>>) =>
      policyOf(config, 'T1', rolesIn(members)).rules.at(-1);

    expect(denied({ S0TEMP: ['U9'] })).toMatchObject({ deny: ['temp'] });
    expect(denied({ S0TEMP: [] })).toMatchObject({ deny: ['temp'] });
    expect(denied({})).toMatchObject({ deny: ['*'] });
  });

  test('a group that is listed twice is told', async () => {
    expect(await warningsOf(YAML.replace('S0SRE', 'S0PLATFORM'))).toEqual([
      expect.stringMatching(/roles\.operator\.groups\[1\]: is listed twice/),
    ]);
  });
});
