import { z } from 'zod';
import { type SourceId, sourceId, type TargetId, targetId } from '../../core/model';
import { cleanUp, type LeftOverGroup, readLeftOvers } from '../../engine/accounts/clean-up';
import { ActForm, TickAll, TypedNumber } from '../components/form';
import { Card, Empty, Table } from '../components/parts';
import { counted, Foreign, When } from '../components/text';
import { Tick } from '../components/tick';
import { type ActResult, type Ask, addressOf, addressOfObject, type ConsolePage, defineAct, type View } from '../model';

/** What can be ticked on a page. */
const LISTED = 200;

/** One line to be ticked: a group, or a member of one. */
interface Line {
  readonly group: LeftOverGroup;
  readonly member: LeftOverGroup['members'][number] | undefined;
}

const linesOf = (groups: readonly LeftOverGroup[]): readonly Line[] =>
  groups.flatMap((group) => [
    ...(group.isUnasked ? [{ group, member: undefined }] : []),
    ...group.members.map((member) => ({ group, member })),
  ]);

/** What is sent for a ticked line: `group <id>` or `member <group id> <Zendesk id>`. */
const pickOf = ({ group, member }: Line): string => (member ? `member ${group.groupId} ${member.id}` : `group ${group.groupId}`);

async function show(ask: Ask): Promise<View> {
  const found = await readLeftOvers(ask.app.planning);
  if (!found)
    return {
      main: (
        <Card id="none" title="Nothing was compared yet">
          <Empty>
            What is left over in groups is found by a comparison with Zendesk. <a href={addressOf('plans')}>Make one.</a>
          </Empty>
        </Card>
      ),
    };
  const lines = linesOf(found.groups);
  return {
    main: (
      <Card id="clean-up" title="Groups and members that nothing in Entra ID asks for">
        <p>
          As compared <When at={found.comparedAt} now={ask.now} />:{' '}
          <a href={addressOf(`plans/${found.planId}`)}>the comparison</a>.
          {lines.length > LISTED && ` The first ${LISTED} of ${lines.length}.`}
        </p>
        {lines.length === 0 ? <Empty>Nothing is left over.</Empty> : <Lines ask={ask} lines={lines.slice(0, LISTED)} />}
      </Card>
    ),
  };
}

function Lines({ ask, lines }: { readonly ask: Ask; readonly lines: readonly Line[] }) {
  const canDecide = ask.can('Approve');
  const table = (
    <Table
      rows={lines}
      columns={[
        {
          head: 'What',
          cell: (line) => (
            <>
              {canDecide && <Tick name="pick" value={pickOf(line)} label={nameOf(line)} />}
              {line.member ? 'Member ' : 'Group '}
              <Foreign text={nameOf(line)} max={80} />
            </>
          ),
        },
        {
          head: 'Group',
          cell: ({ group }) => (
            <a href={addressOfObject({ type: 'group', id: group.groupId })}>
              <Foreign text={group.name || group.groupId} max={80} />
            </a>
          ),
        },
        {
          head: 'Why',
          cell: ({ member }) =>
            member
              ? 'Entra ID does not have this member in the group.'
              : 'This app made the group, and nothing asks for it any more.',
        },
      ]}
    />
  );
  if (!canDecide)
    return (
      <>
        <p class="soft">To remove any of them, you need the role Provisioning.Approve.</p>
        {table}
      </>
    );
  return (
    <ActForm ask={ask} act="remove" label="Remove the selected lines" tone="danger">
      <p>
        Removes exactly the selected lines from Zendesk: groups are deleted, members are taken out. Each is looked at again first;
        what Entra ID asks for by then stays, and so do protected accounts.
      </p>
      <TickAll name="pick" />
      {table}
      <div class="choice">
        <input type="checkbox" id="allow" name="allowDeletes" value="yes" />
        <label for="allow">Also if it is more than the deletion threshold allows</label>
      </div>
      <TypedNumber id="typed" label="To confirm, type the number of lines that you have selected" />
    </ActForm>
  );
}

const nameOf = ({ group, member }: Line): string => (member ? member.name || member.id : group.name || group.groupId);

const Pick = z.string().regex(/^(?:group [0-9a-f-]{36}|member [0-9a-f-]{36} \d{1,20})$/);
const Fields = z.strictObject({
  pick: z.union([Pick, z.array(Pick)]).optional(),
  allowDeletes: z.literal('yes').optional(),
  typed: z.string(),
});
type Sent = z.output<typeof Fields>;

const picksOf = ({ pick }: Sent): readonly string[] => [...new Set([pick ?? []].flat())];

async function remove({ app, operator }: Ask, sent: Sent): Promise<ActResult> {
  const picks = picksOf(sent);
  if (picks.length === 0) return { kind: 'refused', text: 'Nothing was selected, so nothing was done.' };
  if (Number(sent.typed.trim()) !== picks.length)
    return { kind: 'refused', text: `Nothing was done: ${picks.length} lines were selected, and another number was typed.` };
  const groups: SourceId[] = [];
  const members = new Map<SourceId, TargetId[]>();
  for (const pick of picks) {
    const [kind, group = '', user = ''] = pick.split(' ');
    const id = sourceId(group);
    if (kind === 'group') groups.push(id);
    else members.set(id, [...(members.get(id) ?? []), targetId(user)]);
  }
  const asked = {
    groups,
    members: [...members].map(([groupId, userIds]) => ({ groupId, userIds })),
    allowDeletes: sent.allowDeletes === 'yes',
  };
  const answer = await cleanUp(app.deps, asked, operator);
  if (answer.kind === 'refused') return { kind: 'refused', text: `Nothing was done. Group ${answer.groupId}: ${answer.reason}` };
  if (answer.kind === 'held')
    return { kind: 'refused', text: `Nothing was done. Above the deletion threshold: ${answer.reason}` };
  const what = `${counted(answer.groups, 'group')} and ${counted(answer.members, 'member')}`;
  return {
    kind: 'done',
    text: `In the queue: ${what}. The log says what was removed.`,
    to: addressOf('log', { cycle: answer.cycleId }),
  };
}

/** What is left over in groups, and its removal by choice. */
export const groupCleanUpPage: ConsolePage = {
  path: 'accounts/groups',
  title: 'Group clean-up',
  role: 'Read',
  show,
  acts: {
    remove: defineAct({
      role: 'Approve',
      fields: Fields,
      takesTwo: () => true,
      summary: (sent) => `remove ${counted(picksOf(sent).length, 'group or member', 'groups and members')} in Zendesk`,
      run: remove,
    }),
  },
};
