import { z } from 'zod';
import { heldSummary, heldWords } from '../../engine/job/held-summary';
import { listHolds, releaseHolds } from '../../engine/undo/holds';
import { MAX_OBJECTS } from '../../functions/shapes/holds';
import type { Hold } from '../../ports/hold-store';
import { keyText } from '../../ports/stored';
import { ActForm, TickAll } from '../components/form';
import { Card, Empty, Table } from '../components/parts';
import { counted, Foreign, readable, Tag, When } from '../components/text';
import { chosenObjects, keyIn, TickObject } from '../components/tick';
import { type ActResult, type Ask, addressOf, addressOfObject, type ConsolePage, defineAct, type View } from '../model';
import * as refusals from '../refusals';

const PAGE = 50;

async function show(ask: Ask): Promise<View> {
  const mark = ask.query.get('after');
  const after = mark === null ? undefined : keyIn(mark);
  if (mark !== null && !after) return refusals.notFound('This part of the list cannot be found again. Begin at its beginning.');
  const { deps } = ask.app;
  const [{ holds, next }, summary] = await Promise.all([listHolds(deps, PAGE, after), heldSummary(deps)]);
  if (summary.count === 0)
    return {
      main: (
        <Card id="holds" title="Nothing is held">
          <Empty>
            What an undo has taken back is held here, and so are people who keep their access although they are out of scope.
            Cycles leave them alone until they change in Entra ID or are released.
          </Empty>
        </Card>
      ),
    };
  const canRelease = ask.can('Approve');
  return {
    main: (
      <>
        <Card id="what" title="What is held">
          <p>
            <Foreign text={readable(heldWords(summary), new Map(), ask.now)} max={600} />
          </p>
          {canRelease ? (
            <details>
              <summary>Release everything</summary>
              <ActForm ask={ask} act="releaseAll" label="Release everything on hold" tone="danger">
                <p>
                  The next cycle follows all of it again. Where the cause was not corrected, it does again what it did; what takes
                  access away is counted by the brake.
                </p>
              </ActForm>
            </details>
          ) : (
            <p class="soft">To release, you need the role Provisioning.Approve.</p>
          )}
        </Card>
        <Card id="objects" title="Object by object">
          {canRelease ? (
            <ActForm ask={ask} act="release" label="Release the selected objects">
              <TickAll name="objects" />
              <Holds ask={ask} holds={holds} canRelease />
            </ActForm>
          ) : (
            <Holds ask={ask} holds={holds} />
          )}
          {next && (
            <p class="pages">
              <a href={addressOf('holds', { after: keyText(next) })} rel="next">
                More objects
              </a>
            </p>
          )}
        </Card>
      </>
    ),
  };
}

interface HoldsProps {
  readonly ask: Ask;
  readonly holds: readonly Hold[];
  readonly canRelease?: boolean;
}

const Holds = ({ ask, holds, canRelease }: HoldsProps) => (
  <Table
    rows={holds}
    columns={[
      {
        head: 'Object',
        cell: ({ key, name }) => (
          <>
            {canRelease && <TickObject of={key} label={name || key.id} />}
            <a href={addressOfObject(key)}>
              <Foreign text={name || key.id} max={80} />
            </a>{' '}
            <small class="soft">{key.type}</small>
          </>
        ),
      },
      {
        head: 'Held by',
        cell: ({ heldBy, way }) => (
          <>
            <Foreign text={heldBy.displayName || heldBy.id} max={80} /> {way && <Tag tone="busy">not taken back yet</Tag>}
          </>
        ),
      },
      { head: 'Since', cell: ({ heldAt }) => <When at={heldAt} now={ask.now} /> },
      {
        head: 'Because of',
        cell: ({ planId }) =>
          planId === '' ? 'a removal that was dropped' : <a href={addressOf(`plans/${planId}`)}>a plan that was applied</a>,
      },
    ]}
  />
);

const said = (released: number): ActResult => ({
  kind: 'done',
  text: `${counted(released, 'object')} released. The next cycle looks at ${released === 1 ? 'it' : 'them'}.`,
});

/** What cycles leave alone after an undo, and releasing it. */
export const holdsPage: ConsolePage = {
  path: 'holds',
  title: 'Objects on hold',
  nav: { label: 'Holds', order: 62 },
  role: 'Read',
  show,
  acts: {
    release: defineAct({
      role: 'Approve',
      fields: z.strictObject({ objects: chosenObjects(MAX_OBJECTS) }),
      summary: ({ objects }) => `release ${counted(objects.length, 'held object')}`,
      run: async ({ app, operator }, { objects: keys }) => {
        if (keys.length === 0) return { kind: 'refused', text: 'Nothing was selected, so nothing was done.' };
        return said(await releaseHolds(app.deps, operator, { kind: 'objects', keys }));
      },
    }),
    releaseAll: defineAct({
      role: 'Approve',
      fields: z.strictObject({}),
      summary: () => 'release every object on hold',
      run: async ({ app, operator }) => said(await releaseHolds(app.deps, operator, { kind: 'all' })),
    }),
  },
};
