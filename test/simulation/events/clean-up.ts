/** Groups that nothing asks for any more, members whom nobody put there by Entra ID: found by a comparison, removed by an operator's choice. */
import { cleanUp, readLeftOvers } from '../../../src/engine/accounts/clean-up';
import { settleDrift } from '../../../src/engine/drift/drift-check';
import { createDrift } from '../../../src/engine/drift/drift-run';
import { continuePlan } from '../../../src/engine/preview/make-plan';
import type { Dice } from '../play/random';
import type { Sim } from '../play/sim';
import { type Act, ask, BUDGET_MS, OPERATOR } from './ask';
import { ZENDESK_EVENTS } from './zendesk';

/** What a person would tick: much of what was found, and now and then something that no comparison has found. */
function chosen(sim: Sim, dice: Dice, found: Awaited<ReturnType<typeof readLeftOvers>>) {
  const isTicked = (): boolean => dice.chance(0.8);
  const left = (found?.groups ?? []).filter(isTicked);
  const groups = left.filter(({ isUnasked }) => isUnasked).map(({ groupId }) => groupId);
  const members = left.flatMap(({ groupId, members: all }) => {
    const userIds = all.filter(isTicked).map(({ id }) => id);
    return userIds.length > 0 && !groups.includes(groupId) ? [{ groupId, userIds }] : [];
  });
  const team = dice.maybe([...sim.entra.teams.values()]);
  if (!team || !dice.chance(0.4)) return { groups, members };
  const groupId = team.id as (typeof groups)[number];
  if (dice.chance(0.5))
    return { groups: [...new Set([...groups, groupId])], members: members.filter((one) => one.groupId !== groupId) };
  const inZendesk = sim.links.get(`group ${team.id}`)?.slice('group '.length);
  const inside = [...sim.zendesk.target.memberships.values()].filter((one) => one.groupId === inZendesk);
  const userIds = inside.filter(isTicked).map(({ userId }) => userId);
  return { groups, members: userIds.length > 0 && !groups.includes(groupId) ? [...members, { groupId, userIds }] : members };
}

export const CLEAN_UP_ACTS = {
  cleanUp: ((sim, dice) => {
    const [compares, allowDeletes] = [dice.chance(0.7), dice.chance(0.5)];
    return ask(sim, dice, `clean-up (${allowDeletes})`, async (deps, planning) => {
      if (compares) {
        const begun = await createDrift(planning, OPERATOR, false);
        if (begun.kind === 'begun')
          await continuePlan(planning, begun.header.planId, { owner: deps.newId(), budgetMs: BUDGET_MS });
        await settleDrift(planning);
      }
      const request = { ...chosen(sim, dice, await readLeftOvers(planning)), allowDeletes };
      if (request.groups.length + request.members.length === 0) return;
      sim.cleanUps.asked(request);
      const answer = await cleanUp(deps, request, OPERATOR);
      sim.count(`clean-up ${answer.kind}`);
      sim.tell(`clean-up: ${JSON.stringify(answer)}`);
      if (answer.kind === 'begun') sim.cleanUps.begun(answer, allowDeletes);
    });
  }) as Act,
  // What there is to clean up.
  joinByHand: ZENDESK_EVENTS.joinByHand,
} satisfies Record<string, Act>;
