import type { CleanUpRequest } from '../../../src/engine/accounts/clean-up';
import type { Sim } from '../play/sim';
import type { Context } from './watch';

/** Holds a clean-up to what an operator has named, what Entra ID does not ask for, and the brake. */
export class CleanUpWatch {
  readonly #named = new Set<string>();

  constructor(private readonly sim: Sim) {}

  /** An operator is about to ask. */
  asked({ groups, members }: CleanUpRequest): void {
    for (const id of groups) this.#named.add(`group ${id}`);
    for (const { groupId, userIds } of members) for (const id of userIds) this.#named.add(`member ${id} of ${groupId}`);
  }

  begun({ groups, members }: { readonly groups: number; readonly members: number }, isAllowed: boolean): void {
    const { deletionThreshold } = this.sim.setting;
    if (!isAllowed && Math.max(groups, members) > deletionThreshold)
      this.sim.watch.violate(
        'overBrake',
        `A clean-up of ${groups} groups and ${members} members was begun: the threshold is ${deletionThreshold}`,
      );
  }

  /** A member was taken out of a group. @param isAsked whether Entra ID has had the person in it all the time that is known of */
  left(user: string, team: string | null, isAsked: boolean, told: string): void {
    if (!this.#named.has(`member ${user} of ${team}`)) this.sim.watch.violate('cleanedUpUnnamed', `Nobody named it: ${told}`);
    if (isAsked) this.sim.watch.violate('noReasonToRemoveMember', told);
    this.sim.count('cleaned up: member');
  }

  /** A group was deleted. */
  deleted(team: string | null, { item }: Context, told: string): void {
    const { setting, counts, watch } = this.sim;
    if (item?.cleanUp) {
      if (!this.#named.has(`group ${team}`) || item.cleanUp.members.length > 0)
        watch.violate('cleanedUpUnnamed', `Nobody named it: ${told}`);
      this.sim.count('cleaned up: group');
      return;
    }
    const isSwitched = counts.has('changeMapping') || counts.has('activateMappings');
    if (setting.rules.variant === 'keepsGroups' && !isSwitched)
      watch.violate('deletedThoughKept', `The mapping keeps groups: ${told}`);
  }
}
