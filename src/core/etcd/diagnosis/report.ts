import type { ReportTable, StateReport } from '../../state-report.ts';
import type { GateAnswer } from '../health-gate.ts';
import { memberTable, ringSummary } from '../ring-report.ts';
import { CONDITION_WORDS, type MemberCondition } from './condition.ts';
import type { Diagnosed, Diagnosis } from './evidence.ts';
import { conditionOfMember, diagnosisWords } from './words.ts';

/** Who the members are, where they run, how each of them is and how far. */
export function diagnosisTable({ ring, members }: Diagnosis): ReportTable {
  const plain = memberTable(ring);
  const places = members.map(({ place }) => place.node ?? place.host ?? '');
  const hasPlaces = places.some((each) => each !== '');
  const [member = 'Member', id = 'ID', ...columns] = plain.columns;
  return {
    title: plain.title,
    columns: [member, id, 'Condition', ...(hasPlaces ? ['On'] : []), ...columns],
    rows: plain.rows.map(([name = '', hex = '', ...cells], index) => {
      const condition = members[index]?.condition;
      const words = condition === undefined ? '?' : CONDITION_WORDS[condition];
      return [name, hex, words].concat(hasPlaces ? [places[index] || '?'] : [], cells);
    }),
  };
}

/** What asks for a replacement rather than for patience or another way. */
const REPLACEABLE: ReadonlySet<MemberCondition> = new Set([
  'never-started',
  'crash-looping',
  'node-not-ready',
  'machine-stopped',
  'machine-gone',
  'down',
  'data-differs',
]);

/** The report on a ring with what was concluded of each member. The plan of a replacement decides whether one is possible. */
export function diagnosisReport(diagnosis: Diagnosis, gate: GateAnswer, cluster: string): Omit<StateReport, 'at'> {
  const sick = diagnosis.members.filter(isSick);
  const other = diagnosis.members.filter((each) => !isSick(each) && each.alsoSeen.length > 0);
  const told = [...sick, ...diagnosis.members.filter((each) => each.condition === 'disk-slow'), ...other];
  return {
    healthy: gate.ok && sick.length === 0,
    summary: summaryOf(diagnosis, gate, sick),
    tables: [diagnosisTable(diagnosis)],
    notes: [
      ...told.map(diagnosisWords),
      ...diagnosis.withoutMember.map(
        ({ node }) => `Node ${node ?? ''} is of the control plane, and no member is on it.`,
      ),
      ...sick.flatMap((each) => advice(each, cluster)),
      ...diagnosis.unseen,
    ],
  };
}

function isSick({ condition }: Diagnosed): boolean {
  return condition !== 'healthy' && condition !== 'disk-slow';
}

function summaryOf({ ring }: Diagnosis, gate: GateAnswer, sick: readonly Diagnosed[]): string {
  if (sick.length === 0) return ringSummary(ring, gate);
  const names = sick.map(conditionOfMember).join(', ');
  const well = ring.members.length - sick.length;
  return `${well} of ${ring.members.length} members are healthy. Not: ${names}.`;
}

function advice({ member, condition, wouldTell }: Diagnosed, cluster: string): readonly string[] {
  const name = member.member.name === '' ? member.id : member.label.includes(' ') ? member.id : member.member.name;
  if (wouldTell !== '') return [`To find out how ${member.label} is: ${wouldTell}.`];
  return REPLACEABLE.has(condition)
    ? [`To see how ${member.label} would be replaced: \`/kube replace ${cluster} member/${name} --dry-run\`.`]
    : [];
}
