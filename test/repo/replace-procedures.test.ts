import { expect, test } from 'vitest';
import { etcdReplace } from '../../jobs/etcd-replace/runbook.ts';
import { textOf } from '../support/repository.ts';

/**
 * Every step of the two procedures of OpenShift's documentation (*Replacing an unhealthy etcd member*, 2.4.1 for a machine that does not run
 * or a node that is not ready, 2.4.2 for a pod that crash-loops), and their conditions (`p`), in their order.
 */
const STEPS = [
  ['2.4.1 p1', 'the unhealthy member is found'],
  ['2.4.1 p2', 'its machine does not run, or its node is not ready'],
  ['2.4.1 p3', 'access as cluster-admin'],
  ['2.4.1 p4', 'etcd was backed up'],
  ['2.4.1 1', 'remove the unhealthy member'],
  ['2.4.1 1a', 'choose a pod that is not on the affected node'],
  ['2.4.1 1b', 'connect to its etcd container'],
  ['2.4.1 1c', 'list the members, note id and name of the unhealthy one'],
  ['2.4.1 1d', 'remove the member by its id'],
  ['2.4.1 1e', 'list the members again, see it gone'],
  ['2.4.1 1f', 'leave the shell'],
  ['2.4.1 2', 'delete the secrets of the removed member'],
  ['2.4.1 2a', 'list its secrets'],
  ['2.4.1 2b', 'delete the peer secret'],
  ['2.4.1 2c', 'delete the serving secret'],
  ['2.4.1 2d', 'delete the metrics secret'],
  ['2.4.1 3', 'delete the machine and make it anew'],
  ['2.4.1 3a', 'find the machine of the member'],
  ['2.4.1 3b', 'save the machine to a file'],
  ['2.4.1 3c', 'edit the file'],
  ['2.4.1 3c1', 'remove the status section'],
  ['2.4.1 3c2', 'remove the providerID'],
  ['2.4.1 3c3', 'change the name to the next free number'],
  ['2.4.1 3c4', 'update selfLink'],
  ['2.4.1 3d', 'delete the machine'],
  ['2.4.1 3e', 'see that it is gone'],
  ['2.4.1 3f', 'make the new machine from the file'],
  ['2.4.1 3g', 'see it go from Provisioning to Running'],
  ['2.4.1 3h', 'the etcd operator brings the member in'],
  ['2.4.1 4a', 'see that all etcd pods run'],
  ['2.4.1 4b', 'with only two pods: force a redeployment, with a unique reason'],
  ['2.4.2 p1', 'the unhealthy member is found'],
  ['2.4.2 p2', 'its pod crash-loops'],
  ['2.4.2 p3', 'access as cluster-admin'],
  ['2.4.2 p4', 'etcd was backed up'],
  ['2.4.2 1', 'stop the crash-looping pod'],
  ['2.4.2 1a', 'debug the node'],
  ['2.4.2 1b', 'change the root directory to the host'],
  ['2.4.2 1c1', 'make a directory for the manifest'],
  ['2.4.2 1c2', 'move the etcd pod file out of the manifests'],
  ['2.4.2 1d', 'move the data directory away'],
  ['2.4.2 1e', 'leave the shell'],
  ['2.4.2 2', 'remove the unhealthy member'],
  ['2.4.2 2a', 'choose a pod that is not on the affected node'],
  ['2.4.2 2b', 'connect to its etcd container'],
  ['2.4.2 2c', 'list the members, note id and name of the unhealthy one'],
  ['2.4.2 2d', 'remove the member by its id'],
  ['2.4.2 2e', 'list the members again, see it gone'],
  ['2.4.2 2f', 'leave the shell'],
  ['2.4.2 3', 'delete the secrets of the removed member'],
  ['2.4.2 3a', 'list its secrets'],
  ['2.4.2 3b', 'delete the peer secret'],
  ['2.4.2 3c', 'delete the serving secret'],
  ['2.4.2 3d', 'delete the metrics secret'],
  ['2.4.2 4', 'force a redeployment, with a unique reason'],
  ['2.4.2 5', 'see that the new member is there and healthy'],
  ['2.4.2 5a', 'connect to a running etcd container'],
  ['2.4.2 5b', 'ask every endpoint for its health'],
] as const;

const page = textOf('docs/runbooks/etcd-replace.md');
const rows = [...page.matchAll(/^\| (2\.4\.[12] \S+) \| ([^|]+) \| ([^|]+) \|$/gm)].map(
  ([, step = '', words = '', here = '']) => ({ step, words, here: here.trim() }),
);
const kinds = new Set(etcdReplace.steps.map(({ kind }) => kind));

test('each step of the two procedures has its row on the page, in its order, and says what is done here', () => {
  expect(rows.map(({ step, words }) => [step, words])).toEqual(STEPS);
  expect(rows.filter(({ here }) => here === '')).toEqual([]);
});

test('a step that the rows name is one of the runbook, and a row that others are referred to is there', () => {
  const named = rows.flatMap(({ here }) =>
    [...here.matchAll(/`([a-z-]+\.[a-z-]+@\d+)`/g)].map(([, kind = '']) => kind),
  );
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((kind) => !kinds.has(kind))).toEqual([]);

  const referred = rows.flatMap(({ here }) => [...here.matchAll(/as (2\.4\.1 \w+)/g)].map(([, step = '']) => step));
  expect(referred.filter((step) => !rows.some((row) => row.step === step))).toEqual([]);
});

test('the lines of the cases name steps of the runbook', () => {
  const [, table = ''] = /^\| case \| lines between.*\n((?:\|.*\n)+)/m.exec(page) ?? [];
  const named = [...table.matchAll(/`([a-z-]+\.[a-z-]+)`/g)].map(([, name = '']) => name);
  const known = new Set([...kinds].map((kind) => kind.replace(/@\d+$/, '')));
  expect(named.length).toBeGreaterThan(40);
  expect(named.filter((name) => !known.has(name))).toEqual([]);
});
