import { createDrift } from '../../../src/engine/drift/drift-run';
import { continueApply, startApply } from '../../../src/engine/preview/apply-plan';
import { continuePlan } from '../../../src/engine/preview/make-plan';
import type { Planning } from '../../../src/engine/preview/planning';
import type { PlanRow } from '../../../src/ports/plan-store';
import { OPERATOR } from '../events/ask';
import type { Sim } from '../play/sim';
import { isTeamIn, standingOf } from '../world/truth';
import { addressesOf } from '../world/zendesk';

/** Makes a comparison and lets all of it go. Returns its rows by object; undefined where another plan was in the way. */
export async function repairAll(planning: Planning): Promise<ReadonlyMap<string, PlanRow> | undefined> {
  const options = () => ({ owner: planning.deps.newId(), budgetMs: 3_600_000 });
  const begun = await createDrift(planning, OPERATOR, false);
  if (begun.kind !== 'begun') return undefined;
  const { planId } = begun.header;
  const planned = await continuePlan(planning, planId, options());
  if (planned?.state !== 'planned') return undefined;
  await startApply(planning, planId, OPERATOR, true);
  await continueApply(planning, planId, options());
  const { rows } = await planning.plans.rows(planId, 'all', 10_000);
  return new Map(rows.map((row) => [`${row.key.type} ${row.key.id}`, row]));
}

/** What of linked objects is other than Entra ID says, in a word. */
function differences(sim: Sim): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const { entra, rules, zendesk } = sim;
  for (const [name, target] of sim.links) {
    const id = target.replace(/^\w+ /, '');
    const person = entra.people.get(name.slice('user '.length));
    const team = entra.teams.get(name.slice('group '.length));
    if (person) {
      const account = zendesk.liveUsers.find((one) => one.id === id);
      const standing = standingOf(entra, rules, person);
      if (standing.isIn && standing.role === 'unknown') continue;
      // Of one that is gone another account may have the address or the id, by a merger for instance; where that is protected, nothing is written.
      const others = standing.isIn && !account ? [...zendesk.holdersOf(standing.email), ...zendesk.accountsOf(person.id)] : [];
      const accounts = account ? [account] : others;
      const names = [...accounts.flatMap((one) => [one.id, ...addressesOf(one)]), ...(standing.isIn ? [standing.email] : [])];
      if (names.some((one) => sim.protectedUsers.includes(one))) continue;
      const isOurs = account && zendesk.notesOf(account.id).suspendedBy !== 'hand';
      if (!account) {
        if (standing.isIn) found.set(name, 'is gone');
      } else if (!standing.isIn) {
        const fate = standing.why === 'hard' ? rules.hardDeletedUsers : rules.deprovisionUsers;
        if (!account.suspended && fate !== 'Nothing') found.set(name, 'is active');
      } else if (account.suspended && isOurs) found.set(name, 'is suspended');
      else if (account.name !== standing.name) found.set(name, `is called ${account.name}`);
      else if (account.email?.toLowerCase() !== standing.email.toLowerCase()) found.set(name, `has the address ${account.email}`);
    }
    if (team && isTeamIn(entra, rules, team)) {
      const group = zendesk.liveGroups.find((one) => one.id === id);
      if (!group) found.set(name, 'is gone');
      else if (group.name !== team.name) found.set(name, `is called «${group.name}»`);
    }
  }
  return found;
}

/** After everything that differed was compared and let go: what still differs was named, and is not told as repaired. */
export async function checkDrift(sim: Sim, rows: ReadonlyMap<string, PlanRow>): Promise<void> {
  for (const [name, what] of differences(sim)) {
    const [type, id] = name.split(' ') as [PlanRow['key']['type'], PlanRow['key']['id']];
    const key = { type, id };
    const { escrows, staged, holds, links } = sim.stores;
    const isSeen =
      (await escrows.read(key)) || (await staged.read(key)) || (await holds.read(key)) || (await links.read(key))?.value.claim;
    if (isSeen) continue;
    const row = rows.get(name);
    if (!row) sim.watch.violate('driftUnnamed', `${name} ${what} in Zendesk, and the comparison does not name it`);
    else if (row.applied === 'enqueued') sim.watch.violate('notRepaired', `${name} ${what} in Zendesk after its repair`);
  }
}
