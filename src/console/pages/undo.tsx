import { z } from 'zod';
import { sourceId } from '../../core/model';
import type { ProvisioningLogEntry } from '../../core/record';
import { wayBackOf } from '../../core/way-back';
import { createUndo } from '../../engine/undo/make-undo';
import { MAX_OBJECTS } from '../../functions/shapes/holds';
import type { ObjectKey } from '../../ports/stored';
import { ActForm, TickAll } from '../components/form';
import { ACTIONS, entryAddress, Subject } from '../components/log-table';
import { Card, Empty, Table } from '../components/parts';
import { counted, When } from '../components/text';
import { chosenObjects, TickObject } from '../components/tick';
import { type ActResult, type Ask, addressOf, type ConsolePage, defineAct, type View } from '../model';
import * as refusals from '../refusals';
import { made } from './plans';

/** Entries of the log looked through for a page: what changed nothing is left out of it. */
const PAGE = 200;

const cycleOf = ({ params }: Ask): string => (params['cycle'] ?? '').toLowerCase();

async function show(ask: Ask): Promise<View> {
  const cycleId = cycleOf(ask);
  if (!z.guid().safeParse(cycleId).success) return refusals.notFound('There is no such cycle.');
  const { log } = ask.app.deps;
  const { entries, next } = await log.query({ cycleId }, PAGE, ask.query.get('next') ?? undefined);
  if (entries.length === 0 && next === undefined) return refusals.notFound('The log has no entry of this cycle any more.');
  const changed = entries.filter((entry) => wayBackOf(entry, []).kind !== 'nothing');
  return {
    main: (
      <>
        <Card id="whole" title="Plan an undo of this cycle">
          <p>
            Writes nothing to Zendesk. It makes a plan that shows, object by object, what would return to how it was and what
            cannot. <a href={addressOf('log', { cycle: cycleId })}>What the cycle did</a>
          </p>
          {ask.can('Operate') ? (
            <ActForm ask={ask} act="undo" label="Plan an undo of the whole cycle" />
          ) : (
            <p class="soft">To make it, you need the role Provisioning.Operate.</p>
          )}
        </Card>
        <Card id="some" title="Or of some objects">
          {changed.length === 0 ? (
            <Empty>Nothing on this page changed anything in Zendesk.</Empty>
          ) : (
            <Some ask={ask} entries={changed} />
          )}
          {next !== undefined && (
            <p class="pages">
              <a href={addressOf(`undo/${cycleId}`, { next })} rel="next">
                More objects
              </a>
            </p>
          )}
        </Card>
      </>
    ),
  };
}

function Some({ ask, entries }: { readonly ask: Ask; readonly entries: readonly ProvisioningLogEntry[] }) {
  const canAct = ask.can('Operate');
  const table = (
    <Table
      rows={entries}
      columns={[
        {
          head: 'Object',
          cell: (entry) => (
            <>
              {canAct && <TickObject of={keyOf(entry)} label={entry.sourceIdentity.displayName || entry.sourceIdentity.id} />}
              <Subject entry={entry} />
            </>
          ),
        },
        { head: 'Action', cell: ({ provisioningAction }) => ACTIONS[provisioningAction] ?? provisioningAction },
        {
          head: 'When',
          cell: (entry) => (
            <a href={entryAddress(entry)}>
              <When at={entry.activityDateTime} now={ask.now} />
            </a>
          ),
        },
      ]}
    />
  );
  if (!canAct) return table;
  return (
    <ActForm ask={ask} act="undoTicked" label="Plan an undo of the selected objects">
      <TickAll name="objects" />
      {table}
    </ActForm>
  );
}

const keyOf = ({ sourceIdentity: { id, identityType } }: ProvisioningLogEntry): ObjectKey => ({
  type: identityType === 'Group' ? 'group' : 'user',
  id: sourceId(id),
});

async function plan(ask: Ask, only: readonly ObjectKey[] | undefined): Promise<ActResult> {
  const { planning } = ask.app;
  const begun = await createUndo(planning, ask.operator, cycleOf(ask), only);
  return begun.kind === 'nothing' ? { kind: 'refused', text: begun.reason } : made(planning, async () => begun);
}

/** Undoing a cycle: all of it, or the selected objects. */
export const undoPage: ConsolePage = {
  path: 'undo/:cycle',
  title: 'Undo a cycle',
  role: 'Read',
  show,
  acts: {
    undo: defineAct({
      role: 'Operate',
      fields: z.strictObject({}),
      summary: () => 'plan an undo of a cycle',
      run: (ask) => plan(ask, undefined),
    }),
    undoTicked: defineAct({
      role: 'Operate',
      fields: z.strictObject({ objects: chosenObjects(MAX_OBJECTS) }),
      summary: ({ objects }) => `plan an undo of ${counted(objects.length, 'object')}`,
      run: async (ask, { objects }) =>
        objects.length === 0 ? { kind: 'refused', text: 'Nothing was selected, so nothing was done.' } : plan(ask, objects),
    }),
  },
};
