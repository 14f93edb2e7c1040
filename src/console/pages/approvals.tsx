import { z } from 'zod';
import { capital } from '../../core/held-words';
import { recordOperation } from '../../engine/record/operation-entry';
import { type Approval, readApprovals, takeApproval } from '../approvals';
import { ActForm } from '../components/form';
import { Card, Empty } from '../components/parts';
import { Foreign, When } from '../components/text';
import { type Ask, type ConsolePage, defineAct, type View } from '../model';

async function show(ask: Ask): Promise<View> {
  const approvals = await readApprovals(ask.app.deps.state, ask.now);
  return {
    main:
      approvals.length === 0 ? (
        <Card id="approvals" title="Nothing waits for approval">
          <Empty>With TWO_PERSON_APPROVAL On, what takes access away waits here until a second person approves it.</Empty>
        </Card>
      ) : (
        approvals.map((approval) => <One ask={ask} approval={approval} />)
      ),
  };
}

function One({ ask, approval }: { readonly ask: Ask; readonly approval: Approval }) {
  const isOwn = approval.askedBy.id === ask.principal.id;
  return (
    <Card id={`approval-${approval.id}`} title={<Foreign text={capital(approval.summary)} max={300} />}>
      <p>
        Asked for by <Foreign text={approval.askedBy.name} max={80} /> <When at={approval.askedAt} now={ask.now} />,{' '}
        <a href={approval.here}>on this page</a>.
      </p>
      <div class="acts">
        {ask.can('Approve') && !isOwn && (
          <ActForm ask={ask} act="approve" label="Approve and do it" tone="danger" hidden={{ id: approval.id }} />
        )}
        {(isOwn || ask.can('Approve')) && (
          <ActForm ask={ask} act="withdraw" label={isOwn ? 'Withdraw' : 'Refuse'} tone="second" hidden={{ id: approval.id }} />
        )}
      </div>
      {isOwn && <p class="soft">You have asked for it yourself: somebody else has to approve it.</p>}
    </Card>
  );
}

const fields = z.strictObject({ id: z.guid() });
const GONE = {
  kind: 'refused',
  text: 'It does not wait any more: somebody has decided, or it was asked for more than 24 hours ago.',
} as const;

/** What waits for a second person. */
export const approvalsPage: ConsolePage = {
  path: 'approvals',
  title: 'Approvals',
  nav: { label: 'Approvals', order: 65, isShown: ({ config }) => config.console.twoPersonApproval === 'On' },
  role: 'Read',
  show,
  acts: {
    approve: defineAct({
      role: 'Approve',
      fields,
      summary: () => 'approve what another person has asked for',
      run: async (ask, { id }) => {
        const { deps } = ask.app;
        const waiting = (await readApprovals(deps.state, ask.now)).find((one) => one.id === id);
        if (waiting?.askedBy.id === ask.principal.id)
          return { kind: 'refused', text: 'You have asked for it yourself: somebody else has to approve it.' };
        const approval = await takeApproval(deps.state, ask.now, id);
        if (!approval) return GONE;
        await recordOperation(deps, ask.operator, {
          description: `Approved: ${approval.summary}.`,
          details: { askedBy: approval.askedBy.name, askedById: approval.askedBy.id, askedAt: approval.askedAt },
        });
        const result = await ask.perform(approval.here, approval.act, approval.fields);
        return { ...result, to: result.to ?? approval.here };
      },
    }),
    withdraw: defineAct({
      role: 'Operate',
      fields,
      summary: () => 'withdraw or refuse what was asked for',
      run: async (ask, { id }) => {
        const { deps } = ask.app;
        const waiting = (await readApprovals(deps.state, ask.now)).find((one) => one.id === id);
        if (!waiting) return GONE;
        if (waiting.askedBy.id !== ask.principal.id && !ask.can('Approve'))
          return {
            kind: 'refused',
            text: 'Only the person who has asked for it may withdraw it, and people with the role Provisioning.Approve may refuse it.',
          };
        await takeApproval(deps.state, ask.now, id);
        await recordOperation(deps, ask.operator, {
          description: `Refused or withdrawn: ${waiting.summary}.`,
          details: { askedBy: waiting.askedBy.name, askedById: waiting.askedBy.id },
        });
        return { kind: 'done', text: 'It was withdrawn; nothing was done.' };
      },
    }),
  },
};
