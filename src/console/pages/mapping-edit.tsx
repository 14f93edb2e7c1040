import { z } from 'zod';
import type { ObjectType } from '../../core/model';
import { editedText, type MappingEdit, mappingOf, mappingTo } from '../../core/schema/edit';
import { type AttributeMapping, FLOW_TYPES, type ReadSchemaResult } from '../../core/schema/model';
import { readSchema } from '../../core/schema/read';
import { GROUP_ATTRIBUTES, USER_ATTRIBUTES } from '../../core/target-attributes';
import type { VersionRead } from '../../engine/queries/read-mappings';
import { DraftOutcome } from '../components/draft-outcome';
import { ActForm, SelectField, TextField } from '../components/form';
import { editAddress, versionAddress, versionName } from '../components/mappings';
import { Card } from '../components/parts';
import { clip } from '../components/text';
import { Tried, tryOn } from '../components/try-expression';
import { type ActResult, type Ask, addressOf, type ConsolePage, defineAct, type View } from '../model';
import { noSuchVersion, versionOf } from './mapping-version';
import { storeDraft, WHY } from './mappings';

/** The longest expression that the language takes. */
const MAX_EXPRESSION = 10_000;
const MAX_NAME = 320;

/** What is edited, as a form sends it. */
const EDIT = z.object({
  target: z.string().trim().max(MAX_NAME),
  source: z.string().trim().max(MAX_EXPRESSION),
  matchingPriority: z.coerce.number().int().min(0).max(1_000),
  flowType: z.enum(FLOW_TYPES),
  flowNullValues: z.enum(['skip', 'clear']),
  defaultValue: z.string().max(MAX_NAME),
});

const NEW: MappingEdit = {
  target: '',
  source: '',
  matchingPriority: 0,
  flowType: 'Always',
  flowNullValues: 'skip',
  defaultValue: '',
};

/** A mapping of a version that is to be edited, or added. */
interface Editing {
  readonly found: VersionRead;
  readonly type: ObjectType;
  /** Undefined where one is added. */
  readonly before: AttributeMapping | undefined;
}

async function editingOf(ask: Ask): Promise<Editing | undefined> {
  const found = await versionOf(ask);
  const { type, target } = ask.params;
  if (!found || (type !== 'user' && type !== 'group') || !mappingOf(found.read.schema, type)) return undefined;
  const before = target === undefined ? undefined : mappingTo(found.read.schema, type, target);
  return target !== undefined && !before ? undefined : { found, type, before };
}

const editOf = ({ target, text, matchingPriority, flowType, flowNullValues, defaultValue }: AttributeMapping): MappingEdit => ({
  target: target.name,
  source: text,
  matchingPriority,
  flowType,
  flowNullValues,
  defaultValue: defaultValue ?? '',
});

/** What the form has so far: what was typed, else the mapping as it is. */
function typedOf(ask: Ask, { before }: Editing): MappingEdit {
  const start = before ? editOf(before) : NEW;
  const typed = Object.fromEntries([...ask.query].filter(([name]) => name in start));
  const read = EDIT.safeParse({ ...start, ...typed });
  return read.success
    ? read.data
    : { ...start, ...(typeof typed.source === 'string' && { source: typed.source.slice(0, MAX_EXPRESSION) }) };
}

/** The file with the edit in it, as it would be read. */
function edited(
  { found, type, before }: Editing,
  edit: MappingEdit | undefined,
): { readonly text: string; readonly read: ReadSchemaResult } | undefined {
  const { schema } = found.read;
  const mapping = mappingOf(schema, type);
  const text = mapping && editedText(schema, mapping, before?.target.name, edit);
  return text === undefined ? undefined : { text, read: readSchema(text) };
}

async function show(ask: Ask): Promise<View> {
  const editing = await editingOf(ask);
  if (!editing) return noSuchVersion;
  const { found, type, before } = editing;
  const { version } = found.listed;
  const typed = typedOf(ask, editing);
  const tried = ask.query.get('tried')?.trim().slice(0, MAX_NAME) ?? '';
  const result = edited(editing, typed);
  return {
    title: before ? `${type === 'user' ? 'Users' : 'Groups'}: ${before.target.name}` : `A new mapping for ${type}s`,
    main: (
      <>
        <p>
          Based on <a href={versionAddress(version)}>{versionName(version)}</a>. What you change here is stored as a draft;
          nothing happens before it is activated.
        </p>
        <Card id="edit" title="The mapping">
          <form method="get" action={ask.here} data-try="yes">
            {before ? <input type="hidden" name="target" value={typed.target} /> : <Target type={type} value={typed.target} />}
            <div class="field">
              <label for="source">From Entra ID: an attribute such as [mail], a text in quotation marks, or an expression</label>
              <textarea id="source" name="source" rows={4} spellcheck={false} maxlength={MAX_EXPRESSION}>
                {typed.source}
              </textarea>
            </div>
            <div class="fields">
              <SelectField id="flowType" name="flowType" label="Apply this mapping" value={typed.flowType} options={FLOWS} />
              <SelectField
                id="flowNullValues"
                name="flowNullValues"
                label="Where Entra ID has no value"
                value={typed.flowNullValues}
                options={NULLS}
              />
              <TextField
                id="defaultValue"
                name="defaultValue"
                label="Default value, for new accounts"
                value={typed.defaultValue}
              />
              <TextField
                id="matchingPriority"
                name="matchingPriority"
                label="Matching precedence (0: not a matching attribute)"
                value={String(typed.matchingPriority)}
              />
              <TextField id="tried-on" name="tried" label={TRY_LABELS[type]} value={tried} />
            </div>
            <button type="submit" class="second">
              Check and try
            </button>
          </form>
        </Card>
        <div id="tried" aria-live="polite">
          {result && <DraftOutcome ask={ask} before={found.read.schema} read={result.read} hidden={hiddenOf(typed)} />}
          {tried !== '' && <Tried tried={await tryOn(ask.app.deps, type, typed.source, tried)} />}
        </div>
        {before && ask.can('Operate') && (
          <details>
            <summary>Leave this attribute out</summary>
            <ActForm ask={ask} act="remove" label="Store a draft without it" tone="second">
              <p>{clip(before.target.name, 120)} is not mapped any more: Zendesk keeps what it has, and nothing writes it.</p>
              <TextField id="remove-why" name="why" label="Reason, for the list of versions" />
            </ActForm>
          </details>
        )}
      </>
    ),
  };
}

/** What the field asks for in which somebody names the object to try an edit on. */
export const TRY_LABELS: Readonly<Record<ObjectType, string>> = {
  user: 'Try it on a person: id, address or user principal name',
  group: 'Try it on a group: id or whole name',
};

const FLOWS = [
  ['Always', 'Always'],
  ['ObjectAddOnly', 'Only when the account is created'],
  ['AttributeAddOnly', 'Only where the account has no value'],
  ['ValueAddOnly', 'Add values to a list, take none away'],
  ['MultiValueAddOnly', 'Add values to a list, take none away (MultiValueAddOnly)'],
] as const;

const NULLS = [
  ['skip', 'leave Zendesk alone'],
  ['clear', 'empty it in Zendesk'],
] as const;

function Target({ type, value }: { readonly type: ObjectType; readonly value: string }) {
  const names = (type === 'user' ? USER_ATTRIBUTES : GROUP_ATTRIBUTES).map(({ name }) => name);
  return (
    <div class="field">
      <label for="target">Zendesk attribute{type === 'user' ? ', or user_fields.<key> for a field of your own' : ''}</label>
      <input id="target" name="target" type="text" value={value} list="targets" maxlength={MAX_NAME} autocomplete="off" />
      <datalist id="targets">
        {names.map((name) => (
          <option value={name} />
        ))}
      </datalist>
    </div>
  );
}

const hiddenOf = (edit: MappingEdit): Record<string, string> =>
  Object.fromEntries(Object.entries(edit).map(([name, value]) => [name, String(value)]));

async function store(ask: Ask, edit: MappingEdit | undefined, why: string): Promise<ActResult> {
  const editing = await editingOf(ask);
  const result = editing && edited(editing, edit);
  if (!editing || !result) return { kind: 'refused', text: 'There is no such mapping any more.', to: addressOf('mappings') };
  const { found, type, before } = editing;
  const here = editAddress(found.listed.version, type, before?.target.name);
  // What was typed comes back, unless it is too long for an address.
  const query = edit && new URLSearchParams(hiddenOf(edit)).toString();
  return storeDraft(ask, result.text, why, query && query.length < 1_500 ? `${here}?${query}` : here);
}

const save = defineAct({
  role: 'Operate',
  fields: EDIT.extend({ why: WHY }).strict(),
  summary: ({ target }) => `store a draft that changes ${clip(target, 80)}`,
  run: (ask, { why, ...edit }) => store(ask, edit, why),
});

const remove = defineAct({
  role: 'Operate',
  fields: z.strictObject({ why: WHY }),
  summary: () => 'store a draft without an attribute',
  run: (ask, { why }) => store(ask, undefined, why),
});

const shared = { role: 'Read', worksWithoutMappings: true, show } as const;

/** One mapping, opened as the portal opens its dialog: edited, checked, tried on a person and stored as a draft. */
export const mappingEditPage: ConsolePage = {
  ...shared,
  path: 'mappings/:version/edit/:type/:target',
  title: 'A mapping',
  acts: { save, remove },
};

/** The same for a mapping that is added. */
export const mappingAddPage: ConsolePage = {
  ...shared,
  path: 'mappings/:version/edit/:type',
  title: 'A new mapping',
  acts: { save },
};
