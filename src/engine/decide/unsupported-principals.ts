import type { AppRoleAssignment } from '../../core/model';
import type { ObjectKey } from '../../ports/stored';
import type { Outcome } from '../record/outcome';
import { Trace } from '../record/trace';
import type { ScopeContext } from './scope-object';

const REASON = 'A service principal is assigned to the application; only users and groups are provisioned.';

/** The assignment of a principal that is neither user nor group; undefined for everybody else. */
export function strangerOf(scoping: Pick<ScopeContext, 'assignmentsOf'>, { id }: ObjectKey): AppRoleAssignment | undefined {
  return scoping.assignmentsOf(id).find(({ principalType }) => principalType === 'ServicePrincipal');
}

/** How the work item of a stranger ends, without any look at Zendesk: skipped, with the reason. */
export function skipStranger(stranger: AppRoleAssignment): Extract<Outcome, { kind: 'skipped' }> {
  const trace = new Trace();
  trace.step('scoping', REASON, { assignmentId: stranger.id, principalType: stranger.principalType }, 'skipped');
  const subject = {
    source: undefined,
    targetId: undefined,
    targetName: undefined,
    scope: undefined,
    steps: trace.steps,
    stranger,
  };
  return { kind: 'skipped', subject, skipReason: 'UnsupportedPrincipal', reason: REASON };
}
