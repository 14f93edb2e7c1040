import type { LeavingStep } from '../../core/leaving';
import type { Explanation } from '../../engine/queries/explain-object';
import type { StatusView } from '../../engine/queries/status-view';
import { Card } from './parts';
import { When } from './text';

/** What the days bring within a week, for the overview; nothing where nothing is to come. */
export function LeaversAheadCard({ view }: { readonly view: StatusView }) {
  const { leaving } = view.status;
  const parts = [
    { what: 'deleted', step: leaving.delete },
    { what: 'erased permanently', step: leaving.erase },
  ].filter(({ step }) => step !== null && step.due + step.ahead > 0);
  if (parts.length === 0) return null;
  return (
    <Card id="leaving" title="People who left">
      {parts.map(({ what, step }) => (
        <>
          {step !== null && step.due > 0 && (
            <p>
              <strong>{accounts(step.due)}</strong> to be {what} now: a cycle counts them, and the brake holds them where they are
              too many.
            </p>
          )}
          {step !== null && step.ahead > 0 && (
            <p>
              {step.isCountExact ? '' : 'At least '}
              <strong>{accounts(step.ahead)}</strong> will be {what} within a week:{' '}
              {step.days.map(({ on, count }) => `${count} on ${on}`).join(', ')}.
            </p>
          )}
        </>
      ))}
      <p class="soft">People who return in Entra ID keep their accounts; accounts named in PROTECTED_USERS stay.</p>
    </Card>
  );
}

const accounts = (count: number): string => (count === 1 ? '1 account' : `${count} accounts`);

const STEP: Readonly<Record<LeavingStep['step'], string>> = {
  access: 'Access ended: suspended, sessions closed',
  tickets: 'Open tickets handed over',
  seat: 'Seat given back, groups left',
  delete: 'Account deleted',
  erase: 'Deleted account erased permanently',
};

const STATE: Readonly<Record<LeavingStep['state'], string>> = {
  done: 'done',
  due: 'due now',
  waits: 'waits',
  off: 'not done, by the settings or because the account existed before this app',
};

/** Where somebody is who left, step by step, for the page of one person. */
export function LeavingSteps({ leaving, now }: { readonly leaving: NonNullable<Explanation['leaving']>; readonly now: Date }) {
  return (
    <Card id="leaving" title="Leaving">
      <p>
        Access ended <When at={leaving.leftAt} now={now} />. A return in Entra ID calls off what is still to come.
      </p>
      <ol class="plain">
        {leaving.steps.map(({ step, state, at, detail }) => (
          <li>
            {STEP[step]}: <strong>{STATE[state]}</strong>
            {at !== null && state !== 'done' && (
              <>
                {' '}
                (<When at={at} now={now} />)
              </>
            )}
            {detail !== null && ` – ${detail}`}
          </li>
        ))}
      </ol>
    </Card>
  );
}
