import { deleteNodeStep } from '../../steps/delete-node-step.ts';
import type { CaseBasis, CaseEntry, CasePart, CasePlan, ReplacePlanContext } from '../case-plan.ts';
import { awaitMachineStep } from './await-machine-step.ts';
import { awaitMembersStep } from './await-members-step.ts';
import { awaitRevisionStep } from './await-revision-step.ts';
import { createMachineStep } from './create-machine-step.ts';
import { deleteMachineStep } from './delete-machine-step.ts';
import { deleteSecretsStep } from './delete-secrets-step.ts';
import { guardOnCleanup } from './guard.ts';
import { guardBackStep, guardOffStep } from './guard-steps.ts';
import { hostBuiltWatch } from './host-built-watch.ts';
import { isBehindMachine, planBehindMachine } from './plan-behind.ts';
import { planHost, planMachine, planPod } from './plan-cases.ts';
import { redeployStep } from './redeploy-step.ts';
import { saveMachineStep } from './save-machine-step.ts';
import { setAsideStep } from './set-aside-step.ts';
import { stopPodStep } from './stop-pod-step.ts';

/** The node is well, its etcd is not. */
const ocpPod: CaseEntry = { id: 'ocp-pod', watches: true, plan: planPod };
/** The machine is deleted and made anew from its description. */
const ocpMachine: CaseEntry = { id: 'ocp-machine', watches: true, plan: planWithMachine };
/** The machine is deleted; the ControlPlaneMachineSet makes the next. */
const ocpMachineSet: CaseEntry = { id: 'ocp-machine-cpms', watches: true, plan: planWithMachine };
/** A person builds the host. */
const ocpHost: CaseEntry = { id: 'ocp-host', watches: true, plan: planHost };

async function planWithMachine(context: ReplacePlanContext, basis: CaseBasis): Promise<CasePlan> {
  return isBehindMachine(basis) ? await planBehindMachine(context, basis) : await planMachine(context, basis);
}

/** What OpenShift brings to replacements. */
export const openshift: CasePart = {
  cases: [ocpPod, ocpMachine, ocpMachineSet, ocpHost],
  steps: [
    stopPodStep,
    setAsideStep,
    guardOffStep,
    deleteNodeStep,
    deleteSecretsStep,
    saveMachineStep,
    deleteMachineStep,
    createMachineStep,
    awaitMachineStep,
    awaitMembersStep,
    guardBackStep,
    redeployStep,
    awaitRevisionStep,
  ],
  cleanups: [guardOnCleanup],
  watches: [hostBuiltWatch],
};
