import { z } from 'zod';
import { breaksLinks, type ResetScope, restartJob } from '../../engine/control/restart';
import { linkedCounts } from '../../engine/job/linked-counts';
import { atLeast } from '../../engine/queries/verdict';
import { statusViewOf } from '../../functions/status-view';
import { ActForm, NumberToType, typedWrong } from '../components/form';
import { Card } from '../components/parts';
import { counted } from '../components/text';
import { type ActResult, type Ask, addressOf, type ConsolePage, defineAct, type View } from '../model';

/** What a restart can reset without breaking pairs of accounts. */
const SCOPES = ['Watermark', 'Escrows', 'QuarantineState'] as const satisfies readonly ResetScope[];

async function show(ask: Ask): Promise<View> {
  const { view } = await statusViewOf(ask.app);
  const { linked, escrows, quarantine } = view.status;
  const pairs = linked.users + linked.groups;
  const about: Readonly<Record<(typeof SCOPES)[number], string>> = {
    Watermark: `Read everything again: the next cycle is an initial one and looks at all ${counted(pairs, 'linked object')} and everybody else. Nothing is taken away that the brake would hold.`,
    Escrows: `Forget the stored failures (${atLeast(escrows).toLowerCase()}): each is tried again with the next cycle.`,
    QuarantineState: quarantine
      ? 'Leave the quarantine: the next cycle runs at its usual time. If the cause is still there, the job comes back into it.'
      : 'Leave the quarantine; the job is not in one now.',
  };
  if (!ask.can('Operate')) return { main: <p class="soft">To restart the job, you need the role Provisioning.Operate.</p> };
  return {
    main: (
      <>
        <p>
          <a href={addressOf('')}>Back to the overview</a>
        </p>
        <Card id="restart" title="Restart the job">
          <p>A restart changes nothing in Zendesk by itself. The job is on again afterwards, also if it was paused.</p>
          <ActForm ask={ask} act="restart" label="Restart">
            <fieldset>
              <legend>What to reset</legend>
              {SCOPES.map((scope) => (
                <div class="choice">
                  <input type="checkbox" id={scope} name="scopes" value={scope} checked />
                  <label for={scope}>
                    {about[scope]} <small class="soft">{scope}</small>
                  </label>
                </div>
              ))}
            </fieldset>
          </ActForm>
        </Card>
        {ask.can('Approve') && (
          <Card id="forget" title="Forget which accounts belong together">
            <p>
              For an account that was set up again, or after pairs went wrong. The app forgets all {pairs} pairs, and the initial
              cycle that follows matches everybody again. No account is changed by forgetting; people who do not match then get a
              second account.
            </p>
            <details>
              <summary>Forget all pairs</summary>
              <ActForm ask={ask} act="forgetPairs" label={`Forget ${pairs} pairs and read everything again`} tone="danger">
                <NumberToType id="typed" count={pairs} what="pairs" />
              </ActForm>
            </details>
          </Card>
        )}
      </>
    ),
  };
}

async function restart({ app, operator }: Ask, scopes: readonly ResetScope[]): Promise<ActResult> {
  const result = await restartJob(app.deps, operator, scopes, app.deps.newId());
  if (result.kind === 'busy') return { kind: 'refused', text: result.reason };
  const { escrowsForgotten, linksCleared, leftQuarantine } = result;
  const parts = [
    ...(escrowsForgotten > 0 ? [`${counted(escrowsForgotten, 'failure')} forgotten`] : []),
    ...(linksCleared > 0 ? [`${counted(linksCleared, 'pair')} forgotten`] : []),
    ...(leftQuarantine ? ['the quarantine left'] : []),
  ];
  const off = app.config.job.status === 'On' ? '' : ' PROVISIONING_STATUS is Off, so no cycle follows.';
  return {
    kind: 'done',
    text: `The job was restarted${parts.length > 0 ? `: ${parts.join(', ')}` : ''}. The next cycle begins with the next tick of the schedule.${off}`,
    to: addressOf(''),
  };
}

const Scopes = z
  .union([z.string(), z.array(z.string())])
  .transform((scopes) => [scopes].flat())
  .pipe(z.array(z.enum(SCOPES)));

/** Restarting the job, with what each part of it means. */
export const restartPage: ConsolePage = {
  path: 'restart',
  title: 'Restart',
  role: 'Read',
  show,
  acts: {
    restart: defineAct({
      role: 'Operate',
      fields: z.strictObject({ scopes: Scopes.default([]) }),
      summary: ({ scopes }) => `restart the job (${scopes.join(', ') || 'nothing is reset'})`,
      run: (ask, { scopes }) => restart(ask, scopes.length === 0 ? ['None'] : scopes),
    }),
    forgetPairs: defineAct({
      role: 'Approve',
      fields: z.strictObject({ typed: z.string().max(20) }),
      takesTwo: () => true,
      summary: ({ typed }) => `forget ${typed} pairs of accounts and read everything again`,
      run: async (ask, { typed }) => {
        const { users, groups } = await linkedCounts(ask.app.deps, Number.POSITIVE_INFINITY);
        const wrong = typedWrong(typed, users + groups);
        const scopes: readonly ResetScope[] = ['Watermark', 'Escrows', 'QuarantineState', 'ConnectorDataStore'];
        return wrong === undefined && breaksLinks(scopes) ? restart(ask, scopes) : { kind: 'refused', text: wrong ?? '' };
      },
    }),
  },
};
