import type { Fields } from '../../contracts.ts';
import { fieldsOf, listOf, own, textOf } from '../json.ts';
import { compareQuantities, quantityNanos } from '../quantity.ts';
import { all, type Causes, duplicate, fine, invalid, notFound, oneOf, required } from './causes.ts';
import { checkName, dnsLabel, qualifiedName } from './names.ts';

/** What is wrong with the containers of a pod. `volumes`: the names that can be mounted. */
export function containerProblems(
  list: unknown,
  field: string,
  volumes: ReadonlySet<string>,
  names: Set<string>,
): Causes {
  return listOf(list).flatMap((item, place) => {
    const container = fieldsOf(item);
    const here = `${field}[${place}]`;
    const name = textOf(container['name']);
    const again = names.has(name) ? duplicate(`${here}.name`, name) : fine;
    names.add(name);
    return all(nameProblems(name, here), again, oneContainer(container, here, volumes));
  });
}

function nameProblems(name: string, here: string): Causes {
  return name === '' ? required(`${here}.name`) : checkName(`${here}.name`, name, dnsLabel);
}

function oneContainer(container: Fields, here: string, volumes: ReadonlySet<string>): Causes {
  const image = textOf(container['image']);
  const untrimmed =
    image.trim() === image ? fine : invalid(`${here}.image`, image, 'must not have leading or trailing whitespace');
  return all(
    image === '' ? required(`${here}.image`) : untrimmed,
    portProblems(container, here),
    envProblems(container, here),
    mountProblems(container, here, volumes),
    probeProblems(container, here),
    oneOf(`${here}.imagePullPolicy`, container['imagePullPolicy'], ['Always', 'IfNotPresent', 'Never']),
    resourceProblems(fieldsOf(container['resources']), `${here}.resources`),
    oneOf(`${here}.terminationMessagePolicy`, container['terminationMessagePolicy'], ['File', 'FallbackToLogsOnError']),
  );
}

/** Whether it is a port. */
export function portRange(field: string, port: unknown): Causes {
  const fits = typeof port === 'number' && port >= 1 && port <= 65_535;
  return fits ? fine : invalid(field, port, 'must be between 1 and 65535, inclusive');
}

function portProblems(container: Fields, here: string): Causes {
  const names = new Set<string>();
  return listOf(container['ports']).flatMap((item, place) => {
    const port = fieldsOf(item);
    const field = `${here}.ports[${place}]`;
    const name = textOf(port['name']);
    const again = name !== '' && names.has(name) ? duplicate(`${field}.name`, name) : fine;
    names.add(name);
    const number = port['containerPort'];
    return all(
      again,
      number === 0 || number === undefined
        ? required(`${field}.containerPort`)
        : portRange(`${field}.containerPort`, number),
      port['hostPort'] === undefined ? fine : portRange(`${field}.hostPort`, port['hostPort']),
      oneOf(`${field}.protocol`, port['protocol'], ['TCP', 'UDP', 'SCTP']),
    );
  });
}

function envProblems(container: Fields, here: string): Causes {
  return listOf(container['env']).flatMap((item, place) => {
    const field = `${here}.env[${place}]`;
    const variable = fieldsOf(item);
    const sources = Object.keys(fieldsOf(variable['valueFrom']));
    const both = textOf(variable['value']) !== '' && sources.length > 0;
    return all(
      textOf(variable['name']) === '' ? required(`${field}.name`) : fine,
      both ? invalid(`${field}.valueFrom`, '', 'may not be specified when `value` is not empty') : fine,
      sources.length > 1
        ? invalid(`${field}.valueFrom`, '', 'may not have more than one field specified at a time')
        : fine,
    );
  });
}

function mountProblems(container: Fields, here: string, volumes: ReadonlySet<string>): Causes {
  const paths = new Set<string>();
  return listOf(container['volumeMounts']).flatMap((item, place) => {
    const mount = fieldsOf(item);
    const field = `${here}.volumeMounts[${place}]`;
    const name = textOf(mount['name']);
    const path = textOf(mount['mountPath']);
    const again = paths.has(path) ? invalid(`${field}.mountPath`, path, 'must be unique') : fine;
    paths.add(path);
    return all(
      name === '' ? required(`${field}.name`) : volumes.has(name) ? fine : notFound(`${field}.name`, name),
      path === '' ? required(`${field}.mountPath`) : again,
    );
  });
}

const handlers = ['exec', 'httpGet', 'tcpSocket', 'grpc'];

function probeProblems(container: Fields, here: string): Causes {
  return ['livenessProbe', 'readinessProbe', 'startupProbe'].flatMap((name) => {
    const probe = own(container, name);
    if (probe === undefined) return fine;
    const given = handlers.filter((handler) => Object.hasOwn(fieldsOf(probe), handler));
    const field = `${here}.${name}`;
    if (given.length === 0) return required(field, 'must specify a handler type');
    const [, second] = given;
    return second === undefined
      ? fine
      : [
          {
            reason: 'FieldValueForbidden',
            message: 'Forbidden: may not specify more than 1 handler type',
            field: `${field}.${second}`,
          },
        ];
  });
}

const standard = new Set(['cpu', 'memory', 'ephemeral-storage']);

/** Limits and requests. */
export function resourceProblems(resources: Fields, field: string): Causes {
  const limits = fieldsOf(resources['limits']);
  const requests = fieldsOf(resources['requests']);
  return all(
    amounts(limits, `${field}.limits`),
    amounts(requests, `${field}.requests`),
    exceeding(limits, requests, field),
  );
}

function amounts(values: Fields, field: string): Causes {
  return Object.entries(values).flatMap(([name, value]) => {
    const here = `${field}[${name}]`;
    const isKnown = standard.has(name) || name.startsWith('hugepages-') || name.includes('/');
    return all(
      isKnown
        ? checkName(here, name, qualifiedName)
        : invalid(here, name, 'must be a standard resource type or fully qualified'),
      (quantityNanos(value) ?? 0n) < 0n ? invalid(here, value, 'must be greater than or equal to 0') : fine,
    );
  });
}

function exceeding(limits: Fields, requests: Fields, field: string): Causes {
  return Object.entries(requests).flatMap(([name, value]) => {
    const limit = own(limits, name);
    const here = `${field}.requests`;
    if (limit === undefined || compareQuantities(value, limit) <= 0) return fine;
    return invalid(here, value, `must be less than or equal to ${name} limit of ${textOf(limit)}`);
  });
}
