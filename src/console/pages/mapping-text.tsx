import { z } from 'zod';
import { readMappings } from '../../engine/queries/read-mappings';
import { ActForm, TextField } from '../components/form';
import { versionAddress, versionName } from '../components/mappings';
import { Card } from '../components/parts';
import { type Ask, type ConsolePage, defineAct, type View } from '../model';
import { noSuchVersion, versionOf } from './mapping-version';
import { storeDraft, WHY } from './mappings';

async function show(ask: Ask): Promise<View> {
  const given = ask.query.get('version');
  const found = given === null ? await readMappings(ask.app.deps) : await versionOf({ ...ask, params: { version: given } });
  if (!found) return noSuchVersion;
  const { version } = found.listed;
  const text = JSON.stringify(found.read.schema.raw, null, 2);
  const area = (
    <div class="field">
      <label for="text">The mapping file, as Microsoft Graph writes it</label>
      <textarea id="text" name="text" rows={30} spellcheck={false} readonly={!ask.can('Operate')}>
        {text}
      </textarea>
    </div>
  );
  return {
    title: `The text of ${version === 0 ? 'the file' : `version ${version}`}`,
    main: (
      <>
        <p>
          Based on <a href={versionAddress(version)}>{versionName(version)}</a>. What is stored goes through the checks of a file:
          every problem is named with its line.
        </p>
        <Card id="text-card" title="Text">
          {ask.can('Operate') ? (
            <ActForm ask={ask} act="save" label="Store as a draft">
              {area}
              <TextField id="why" name="why" label="Reason, for the list of versions" />
            </ActForm>
          ) : (
            area
          )}
        </Card>
      </>
    ),
  };
}

const save = defineAct({
  role: 'Operate',
  fields: z.strictObject({ text: z.string(), why: WHY }),
  summary: () => 'store mappings as a draft',
  run: (ask, { text, why }) => storeDraft(ask, text, why),
});

/** The mappings as text: for what has no form of its own. */
export const mappingTextPage: ConsolePage = {
  path: 'mappings-text',
  title: 'The text of the mappings',
  role: 'Read',
  worksWithoutMappings: true,
  show,
  acts: { save },
};
