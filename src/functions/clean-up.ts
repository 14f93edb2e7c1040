import { sourceId, targetId } from '../core/model';
import { cleanUp, readLeftOvers } from '../engine/accounts/clean-up';
import { endpoint } from './endpoint';
import { RequestProblem, respond } from './http';
import { operatorOf } from './operator';
import { badRequest } from './request-faults';
import { CleanUpBegun, CleanUpRequest, LeftOvers } from './shapes/clean-up';
import { jsonDoc } from './shapes/kit';

/** `GET /api/groups/clean-up`: groups and members that nothing in Entra ID asks for, as last compared. */
export const makeGroupsLeftOver = endpoint(
  {
    tag: 'status',
    summary: 'Groups and members that nothing in Entra ID asks for',
    description:
      'Groups that this app made and that are left over, and members whom Entra ID does not have in a group, as the last comparison with Zendesk ' +
      'found them (`POST /api/plan {"drift": true}` makes one). It asks Zendesk nothing.',
    answers: { 200: jsonDoc('What may be cleaned up.', LeftOvers) },
    problems: [503],
  },
  async ({ planning }) => {
    const found = await readLeftOvers(planning);
    const ageMs = found && planning.deps.clock().getTime() - Date.parse(found.comparedAt);
    return respond(LeftOvers, {
      planId: found?.planId ?? null,
      comparedDateTime: found?.comparedAt ?? null,
      ageInSeconds: ageMs === undefined ? null : Math.max(0, Math.floor(ageMs / 1_000)),
      isComplete: found?.isComplete ?? true,
      value: (found?.groups ?? []).map(({ groupId, name, targetId: id, isUnasked, members }) => ({
        sourceIdentity: { id: groupId, displayName: name },
        targetIdentity: { id: id ?? '' },
        isUnasked,
        members: members.map((member) => ({ id: member.id, displayName: member.name })),
      })),
    });
  },
);

/** `POST /api/groups/clean-up`: removes what is named. */
export const makeGroupsCleanUp = endpoint(
  {
    tag: 'provisioning',
    summary: 'Remove groups and members that nothing in Entra ID asks for',
    description:
      'Removes the groups and members that the request names, and nothing else. Each is looked at again first: what Entra ID asks for by then ' +
      'stays, and so do protected accounts. Recorded with who asked.',
    body: CleanUpRequest,
    example: { members: [{ groupId: '5c1f0f3a-3f0e-4b7e-9a3e-0d4a52f7f6b1', userIds: ['360000000042'] }], confirm: 1 },
    answers: { 202: jsonDoc('It is in the queue.', CleanUpBegun) },
    problems: [400, 409, 503],
  },
  async (app, { body, request }) => {
    const groups = (body.groups ?? []).map((id) => sourceId(id));
    const members = (body.members ?? []).map(({ groupId, userIds }) => ({
      groupId: sourceId(groupId),
      userIds: [...new Set(userIds)].map((id) => targetId(id)),
    }));
    const named = new Set(groups).size + members.reduce((sum, { userIds }) => sum + userIds.length, 0);
    if (named !== body.confirm) {
      throw badRequest([
        { pointer: '#/confirm', detail: `says ${body.confirm}, and the request names ${named} groups and members` },
      ]);
    }
    const asked = { groups, members, allowDeletes: body.allowDeletes === true };
    const answer = await cleanUp(app.deps, asked, operatorOf(app, request));
    if (answer.kind === 'refused') throw new RequestProblem('Conflict', `Group ${answer.groupId}: ${answer.reason}`);
    if (answer.kind === 'held') {
      throw new RequestProblem(
        'Conflict',
        `Above the deletion threshold: ${answer.reason} Send "allowDeletes": true to remove them all the same.`,
      );
    }
    return respond(CleanUpBegun, { cycleId: answer.cycleId, groups: answer.groups, members: answer.members }, 202);
  },
);
