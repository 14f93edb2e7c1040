import { z } from 'zod';
import { ProvisioningError } from '../../core/errors';
import { capital, heldRemoval, idsIn } from '../../core/held-words';
import { type Link, type SourceObject, sourceId } from '../../core/model';
import { forgetEscrow, retryEscrow } from '../../engine/control/escrow-control';
import { unlinkOne } from '../../engine/control/unlink';
import { type Comparison, compareObject } from '../../engine/queries/compare-object';
import { type ExplainResult, type Explanation, explainObject } from '../../engine/queries/explain-object';
import { outcomeWords } from '../../engine/queries/outcome-words';
import { readNames } from '../../engine/read-names';
import type { Escrow } from '../../ports/escrow-store';
import type { ObjectKey } from '../../ports/stored';
import { ActForm } from '../components/form';
import { LeavingSteps } from '../components/leaving';
import { LogTable } from '../components/log-table';
import { Card, Facts, type Station, StepsLine } from '../components/parts';
import { Attributes, Identity, Memberships, membershipsOf } from '../components/person-parts';
import { counted, Foreign, readable, Since, When } from '../components/text';
import { type Ask, addressOf, addressOfObject, type ConsolePage, defineAct, type View } from '../model';
import * as refusals from '../refusals';

/** The object that the address names; undefined when it names none. */
export function keyOf({ params }: Ask): ObjectKey | undefined {
  const type = params['type'];
  const id = params['id'] ?? '';
  if ((type !== 'user' && type !== 'group') || !z.guid().safeParse(id).success) return undefined;
  return { type, id: sourceId(id.toLowerCase()) };
}

async function show(ask: Ask): Promise<View> {
  const key = keyOf(ask);
  if (!key) return refusals.notFound('There is no person or group with this id.');
  const result = await explained(ask, key);
  if (result.kind === 'explained') return whole(ask, key, result.explanation);
  const reason =
    result.kind === 'notFound'
      ? 'Entra ID has no such object, and no cycle has ever read one.'
      : `The object could not be read from Entra ID: ${result.reason}`;
  return recorded(ask, key, reason);
}

/** What is recorded is shown also while Entra ID does not respond, or no cycle has read the application yet. */
async function explained({ app }: Ask, key: ObjectKey): Promise<ExplainResult> {
  try {
    return await explainObject(app.deps, key);
  } catch (error) {
    if (error instanceof ProvisioningError) return { kind: 'unknown', reason: `${error.code}: ${error.message}` };
    throw error;
  }
}

/** What is recorded of somebody whom Entra ID does not have, or about whom it does not respond. */
async function recorded(ask: Ask, key: ObjectKey, reason: string): Promise<View> {
  const { deps } = ask.app;
  const [escrow, { entries }] = await Promise.all([deps.escrows.read(key), deps.log.query({ sourceId: key.id }, 20)]);
  const name = entries[0]?.sourceIdentity.displayName;
  return {
    title: name || key.id,
    status: entries.length === 0 && !escrow ? 404 : 200,
    main: (
      <>
        <Card id="known" title="What is known">
          <p>
            <Foreign text={reason} max={600} />
          </p>
        </Card>
        {escrow && <Failure ask={ask} escrow={escrow} />}
        <Card id="history" title="History">
          <LogTable entries={entries} now={ask.now} showsObject={false} />
        </Card>
      </>
    ),
  };
}

async function whole(ask: Ask, key: ObjectKey, explanation: Explanation): Promise<View> {
  const { deps } = ask.app;
  const { object, decision, link } = explanation;
  const [comparison, memberships] = await Promise.all([compareObject(deps, object, decision, link), membershipsOf(ask, key)]);
  const mentioned = idsIn([decision.reason, explanation.staged?.reason ?? '', ...explanation.entries.map(outcomeWords)]);
  const names = await readNames(
    deps,
    mentioned.map((id) => ({ type: 'group' as const, id: sourceId(id) })),
  );
  const name = textOf(object, 'displayName');
  return {
    title: name ?? textOf(object, 'userPrincipalName') ?? key.id,
    main: (
      <>
        <section class="card" aria-label="The way to Zendesk">
          <p>
            <Foreign text={readable(explanation.answer, names, ask.now)} max={1_500} />
          </p>
          <StepsLine stations={stationsOf(explanation, comparison, names, ask.now)} />
        </section>
        <Acts ask={ask} explanation={explanation} />
        {explanation.escrow && <Failure ask={ask} escrow={explanation.escrow} />}
        {explanation.staged && (
          <Card id="held" title="Held removal">
            <p>
              {capital(heldRemoval(explanation.staged))} has been held by the brake{' '}
              <Since at={explanation.staged.stagedAt} now={ask.now} />:{' '}
              <Foreign text={readable(explanation.staged.reason, names, ask.now)} max={600} />
            </p>
            <p>
              <a href={addressOf('held')}>Decide about everything that is held</a>, or provision this one alone above.
            </p>
          </Card>
        )}
        {explanation.leaving && <LeavingSteps leaving={explanation.leaving} now={ask.now} />}
        <Attributes comparison={comparison} link={link} />
        <Memberships type={key.type} memberships={memberships} />
        <Identity ask={ask} explanation={explanation} />
        <Card id="history" title="History">
          <LogTable entries={explanation.entries} now={ask.now} showsObject={false} names={names} />
          <p>
            <a href={addressOf('log', { object: key.id })}>The whole history</a>
          </p>
        </Card>
      </>
    ),
  };
}

const textOf = ({ attributes }: SourceObject, name: string): string | null => {
  const value = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
  return typeof value === 'string' && value !== '' ? value : null;
};

/** The way from Entra ID to Zendesk, with what each station said. */
function stationsOf(
  { object, isImported, decision, path, role, link, escrow, staged }: Explanation,
  comparison: Comparison,
  names: ReadonlyMap<string, string>,
  now: Date,
): readonly Station[] {
  const isOff = object.type === 'user' && object.attributes['accountEnabled'] === false;
  const differing = comparison.attributes.filter(({ state }) => state === 'differs').length;
  const entra: Station = {
    name: 'Entra ID',
    tone: object.deleted === 'no' ? (isOff ? 'warn' : 'good') : 'warn',
    word: object.deleted === 'no' ? (isOff ? 'Disabled' : 'There') : 'Deleted',
    text: isImported ? 'As a cycle last read it.' : 'No cycle has read it yet; read just now.',
  };
  const scope: Station = {
    name: 'Scope',
    tone: decision.kind === 'in' ? 'good' : 'warn',
    word: decision.kind === 'in' ? 'In scope' : decision.kind === 'out' ? 'Out of scope' : 'Not known',
    text: (
      <>
        <Foreign text={readable(decision.reason, names, now)} max={400} />
        {decision.kind === 'in' && role !== null && (
          <>
            {' '}
            Role: <Foreign text={role} max={80} />.
          </>
        )}
        {path.length > 0 && (
          <>
            {' '}
            By way of{' '}
            {path.map(({ id, displayName }, at) => (
              <>
                {at > 0 && ' in '}
                <a href={addressOfObject({ type: 'group', id })}>
                  <Foreign text={displayName ?? id} max={80} />
                </a>
              </>
            ))}
            .
          </>
        )}
      </>
    ),
  };
  const mapping: Station = {
    name: 'Mapping',
    tone: comparison.mappingError !== null ? 'bad' : comparison.warnings.length > 0 ? 'warn' : 'good',
    word: comparison.mappingError !== null ? 'Fails' : comparison.warnings.length > 0 ? 'With gaps' : 'Works',
    text: (
      <Foreign
        text={
          comparison.mappingError ??
          (comparison.warnings.length > 0 ? comparison.warnings.join(' ') : `${comparison.attributes.length} attributes.`)
        }
        max={400}
      />
    ),
  };
  return [entra, scope, mapping, zendeskStation(link, comparison, differing, escrow !== null, staged !== null)];
}

function zendeskStation(
  link: Link | null,
  { target, targetError }: Comparison,
  differing: number,
  isFailing: boolean,
  isHeld: boolean,
): Station {
  const isSuspended = target !== undefined && 'suspended' in target && target.suspended;
  const word = isFailing
    ? 'Failed'
    : isHeld
      ? 'Held'
      : !link
        ? 'No account'
        : targetError !== null
          ? 'Not readable'
          : isSuspended
            ? 'Suspended'
            : 'Linked';
  const tone = isFailing
    ? 'bad'
    : isHeld || isSuspended || targetError !== null || differing > 0
      ? 'warn'
      : link
        ? 'good'
        : 'none';
  return {
    name: 'Zendesk',
    tone,
    word,
    text: link ? (
      <>
        {link.type === 'user' ? 'User' : 'Group'} <code>{link.targetId}</code>
        {link.createdByUs ? ', created by this app' : ', taken over by this app'}.{' '}
        {targetError !== null ? (
          <Foreign text={targetError} max={300} />
        ) : differing === 0 ? (
          'In sync.'
        ) : (
          `${counted(differing, 'attribute')} ${differing === 1 ? 'differs' : 'differ'}.`
        )}
        {isSuspended && (link.disabledByUs ? ' Suspended by this app.' : ' Suspended by somebody in Zendesk: left so.')}
      </>
    ) : (
      'This app knows of no account.'
    ),
  };
}

function Acts({ ask, explanation: { escrow, link, object } }: { readonly ask: Ask; readonly explanation: Explanation }) {
  if (!ask.can('Operate')) return null;
  const kind = object.type === 'user' ? 'account' : 'group';
  return (
    <Card id="acts" title="Actions">
      <div class="acts">
        <a class="button" href={`${ask.here}/provision`}>
          Provision now …
        </a>
        {escrow && (
          <details>
            <summary>Try the failure again</summary>
            <ActForm ask={ask} act="retry" label="Try again now">
              <p>Puts this one object into the queue now instead of at its next try. Nothing is taken away by it.</p>
            </ActForm>
          </details>
        )}
        {escrow && (
          <details>
            <summary>Forget the failure</summary>
            <ActForm ask={ask} act="forget" label="Forget the failure" tone="second">
              <p>
                The failure of {escrow.attempts} tries is forgotten; the next cycle tries the object as if for the first time.
              </p>
            </ActForm>
          </details>
        )}
        {link && ask.can('Approve') && (
          <details>
            <summary>Unlink</summary>
            <ActForm ask={ask} act="unlink" label="Unlink" tone="danger">
              <p>
                The app forgets that the Zendesk {kind} <code>{link.targetId}</code> belongs to this object. Neither is changed.
                They are matched again when the object is next provisioned, and if they do not match then, a second {kind} is
                created.
              </p>
            </ActForm>
          </details>
        )}
      </div>
    </Card>
  );
}

function Failure({ ask, escrow }: { readonly ask: Ask; readonly escrow: Escrow }) {
  return (
    <Card id="failure" title="The last try failed">
      <p>
        <a href={addressOf('log', { change: escrow.changeId })}>
          <code>{escrow.code}</code>
        </a>
        : <Foreign text={escrow.reason} max={600} />
      </p>
      {escrow.detail !== undefined && (
        <p>
          Zendesk’s own words:{' '}
          <q>
            <Foreign text={escrow.detail} max={600} />
          </q>
        </p>
      )}
      <p>{escrow.recommendedAction}</p>
      <Facts
        facts={[
          ['Next try', <When at={escrow.nextAttemptAt} now={ask.now} none="when it changes in Entra ID" />],
          ['Tries', escrow.attempts],
          ['First failed', <When at={escrow.firstFailedAt} now={ask.now} />],
        ]}
      />
    </Card>
  );
}

const NO_FIELDS = z.strictObject({});

/** An act on the object of the address. */
const onObject =
  (run: (ask: Ask, key: ObjectKey) => Promise<{ readonly kind: 'done' | 'refused'; readonly text: string }>) =>
  async (ask: Ask) => {
    const key = keyOf(ask);
    return key ? run(ask, key) : ({ kind: 'refused', text: 'There is no person or group with this id.' } as const);
  };

/** One person or group: why it has an account or not, and everything that can be done with it. */
export const personPage: ConsolePage = {
  path: 'people/:type/:id',
  title: 'One person',
  role: 'Read',
  show,
  acts: {
    retry: defineAct({
      role: 'Operate',
      fields: NO_FIELDS,
      summary: () => 'try the failed object again',
      run: onObject(async ({ app, operator }, key) => {
        const cycleId = await retryEscrow(app.deps, operator, key);
        return cycleId === undefined
          ? { kind: 'refused', text: 'There is no stored failure any more: it was tried again or forgotten meanwhile.' }
          : { kind: 'done', text: 'It is in the queue, and is tried within seconds. Reload this page to see how it went.' };
      }),
    }),
    forget: defineAct({
      role: 'Operate',
      fields: NO_FIELDS,
      summary: () => 'forget the stored failure',
      run: onObject(async ({ app, operator }, key) =>
        (await forgetEscrow(app.deps, operator, key))
          ? { kind: 'done', text: 'The failure was forgotten. The next cycle tries the object again from the beginning.' }
          : { kind: 'done', text: 'There was no stored failure any more.' },
      ),
    }),
    unlink: defineAct({
      role: 'Approve',
      fields: NO_FIELDS,
      summary: () => 'unlink the object from its account in Zendesk',
      run: onObject(async ({ app, operator }, key) => {
        const target = await unlinkOne(app.deps, operator, key);
        return {
          kind: 'done',
          text:
            target === undefined
              ? 'It was not connected to anything in Zendesk any more.'
              : `It is no longer connected to ${target} in Zendesk; neither was changed.`,
        };
      }),
    }),
  },
};
