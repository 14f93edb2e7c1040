import { differences } from '../../core/schema/differences';
import type { ProvisioningSchema, ReadSchemaResult } from '../../core/schema/model';
import type { Ask } from '../model';
import { ActForm, TextField } from './form';
import { Differences } from './mappings';
import { Card } from './parts';
import { clip, Foreign } from './text';

interface DraftOutcomeProps {
  readonly ask: Ask;
  readonly before: ProvisioningSchema;
  /** What the edit makes of the file. */
  readonly read: ReadSchemaResult;
  /** What the form that stores it sends. */
  readonly hidden: Readonly<Record<string, string>>;
  /** A place in the file, as whoever fills in the form knows it. */
  readonly place?: (path: string) => string;
}

/** What is wrong with an edit of the mappings, or what it changes and the form that stores it as a draft (act `save`). */
export function DraftOutcome({ ask, before, read, hidden, place = (path) => path }: DraftOutcomeProps) {
  if (!read.ok)
    return (
      <Card id="problems" title="This cannot be stored yet">
        <ul class="plain">
          {read.problems.slice(0, 20).map(({ path, problem, allowed }) => (
            <li>
              <Foreign text={problem} max={700} />
              {allowed && <> Allowed: {clip(allowed.join(', '), 600)}.</>} <small class="soft">{clip(place(path), 200)}</small>
            </li>
          ))}
        </ul>
      </Card>
    );
  const different = differences(before, read.schema);
  return (
    <Card id="changes" title="What changes">
      <Differences list={different} />
      {different.length > 0 && ask.can('Operate') && (
        <ActForm ask={ask} act="save" label="Store as a draft" hidden={hidden}>
          <TextField id="save-why" name="why" label="Reason, for the list of versions" />
        </ActForm>
      )}
      {different.length > 0 && !ask.can('Operate') && <p class="soft">To store it, you need the role Provisioning.Operate.</p>}
    </Card>
  );
}
