import { z } from 'zod';
import { operatorWords } from '../../core/filter/filter-words';
import { comparesWithNothing, findOperator, operators } from '../../core/filter/operators';
import type { ObjectType } from '../../core/model';
import {
  type ClauseEdit,
  type ClauseGroupEdit,
  mappingOf,
  type ScopeEdit,
  scopeEditedText,
  scopeEditOf,
} from '../../core/schema/edit';
import type { ObjectMapping } from '../../core/schema/model';
import { readSchema } from '../../core/schema/read';
import { sourceAttributeNames } from '../../core/schema/source-attributes';
import type { VersionRead } from '../../engine/queries/read-mappings';
import { DraftOutcome } from '../components/draft-outcome';
import { TextField } from '../components/form';
import { scopeAddress, versionAddress, versionName } from '../components/mappings';
import { Card, Notice } from '../components/parts';
import { TriedScope, tryScope } from '../components/try-scope';
import { type ActResult, type Ask, addressOf, type ConsolePage, defineAct, type View } from '../model';
import { TRY_LABELS } from './mapping-edit';
import { noSuchVersion, versionOf } from './mapping-version';
import { storeDraft, WHY } from './mappings';

const MAX_NAME = 320;
const MAX_VALUES = 8_000;
/** What fits into an address: a filter beyond it is edited as text. */
const MAX_ADDRESS = 7_000;

const TEXT = z.string().max(MAX_NAME);
const SCOPE = z.strictObject({
  actions: z.strictObject({ create: z.boolean(), update: z.boolean(), delete: z.boolean() }),
  groups: z
    .array(
      z.strictObject({
        name: TEXT,
        clauses: z.array(
          z.strictObject({ attribute: TEXT, operator: TEXT, values: z.array(z.string().max(MAX_VALUES)).max(1_000) }),
        ),
      }),
    )
    .max(100),
});

/** The scope of a version that is edited. */
interface Editing {
  readonly found: VersionRead;
  readonly type: ObjectType;
  readonly mapping: ObjectMapping;
}

async function editingOf(ask: Ask): Promise<Editing | undefined> {
  const found = await versionOf(ask);
  const { type } = ask.params;
  const mapping = found && (type === 'user' || type === 'group') ? mappingOf(found.read.schema, type) : undefined;
  return found && mapping ? { found, type: mapping.objectType, mapping } : undefined;
}

const BLANK: ClauseEdit = { attribute: '', operator: 'EQUALS', values: [] };

const isBlank = ({ attribute, operator, values }: ClauseEdit): boolean => {
  const known = findOperator(operator);
  if (known?.kind === 'membership') return values.length === 0;
  return attribute === '' || (values.length === 0 && !(known && comparesWithNothing(known)));
};

/** What the form has so far: what was filled in, changed by the button that was pressed; else the filter as it is. */
function typedOf({ query }: Ask, { found, mapping }: Editing): ScopeEdit {
  if (!query.has('form')) return scopeEditOf(found.read.schema, mapping);
  const groups = new Map<number, { name: string; clauses: Map<number, { -readonly [K in keyof ClauseEdit]: ClauseEdit[K] }> }>();
  for (const [key, value] of query) {
    const [, part, group, clause] = /^(name|attribute|operator|values)\.(\d{1,3})(?:\.(\d{1,3}))?$/.exec(key) ?? [];
    if (part === undefined) continue;
    const at = groups.get(Number(group)) ?? { name: '', clauses: new Map() };
    groups.set(Number(group), at);
    if (part === 'name') at.name = value.trim().slice(0, MAX_NAME);
    if (part === 'name' || clause === undefined) continue;
    const one = at.clauses.get(Number(clause)) ?? { ...BLANK };
    at.clauses.set(Number(clause), one);
    if (part === 'values') one.values = value.split(/\r?\n/).filter((line) => line !== '');
    else one[part as 'attribute' | 'operator'] = value.trim().slice(0, MAX_NAME);
  }
  const typed = [...groups.values()].map(({ name, clauses }) => ({ name, clauses: [...clauses.values()] }));
  const [, what, group, clause] = /^(group|clause|drop)(?:\.(\d{1,3}))?(?:\.(\d{1,3}))?$/.exec(query.get('do') ?? '') ?? [];
  return {
    actions: { create: query.has('create'), update: query.has('update'), delete: query.has('delete') },
    groups: pressed(typed, what, Number(group), clause === undefined ? undefined : Number(clause)),
  };
}

/** What a button makes of the groups; one without clauses is left out. */
function pressed(
  groups: readonly ClauseGroupEdit[],
  what: string | undefined,
  group: number,
  clause: number | undefined,
): readonly ClauseGroupEdit[] {
  if (what === 'group') return [...groups, { name: '', clauses: [BLANK] }];
  const changed = groups.map((one, at) => {
    if (at !== group) return one;
    if (what === 'clause') return { ...one, clauses: [...one.clauses, BLANK] };
    if (what !== 'drop') return one;
    return { ...one, clauses: clause === undefined ? [] : one.clauses.filter((_, index) => index !== clause) };
  });
  return changed.filter(({ clauses }) => clauses.length > 0);
}

async function show(ask: Ask): Promise<View> {
  const editing = await editingOf(ask);
  if (!editing) return noSuchVersion;
  const { found, type } = editing;
  const { version } = found.listed;
  const edit = typedOf(ask, editing);
  const tried = ask.query.get('tried')?.trim().slice(0, MAX_NAME) ?? '';
  const who = type === 'user' ? 'users' : 'groups';
  const isTooLong = encodeURIComponent(JSON.stringify(edit.groups)).length > MAX_ADDRESS || hasLineBreaks(edit);
  return {
    title: `Scope and actions of ${who}`,
    main: (
      <>
        <p>
          Based on <a href={versionAddress(version)}>{versionName(version)}</a>. What you change here is stored as a draft;
          nothing happens before it is activated.
        </p>
        {isTooLong ? (
          <Notice tone="warn">
            <p>
              This filter is too long for a form. Edit it in{' '}
              <a href={addressOf('mappings-text', { version: String(version) })}>the whole text</a>.
            </p>
          </Notice>
        ) : (
          <>
            <Form ask={ask} type={type} edit={edit} tried={tried} />
            <div id="tried" aria-live="polite">
              {await outcome(ask, editing, edit)}
              {tried !== '' && <TriedScope tried={await tryScope(ask.app.deps, type, edit.groups.map(asGraph), tried)} />}
            </div>
          </>
        )}
      </>
    ),
  };
}

const hasLineBreaks = ({ groups }: ScopeEdit): boolean =>
  groups.some(({ clauses }) => clauses.some(({ values }) => values.some((value) => /[\r\n]/.test(value))));

const asGraph = ({ clauses }: ClauseGroupEdit) => ({
  clauses: clauses.map(({ attribute, operator, values }) => ({
    sourceOperandName: attribute,
    operatorName: operator,
    targetOperand: { values },
  })),
});

interface FormProps {
  readonly ask: Ask;
  readonly type: ObjectType;
  readonly edit: ScopeEdit;
  readonly tried: string;
}

function Form({ ask, type, edit: { actions, groups }, tried }: FormProps) {
  const box = (name: keyof typeof actions, label: string) => (
    <div class="choice">
      <input type="checkbox" id={name} name={name} value="yes" checked={actions[name]} />
      <label for={name}>{label}</label>
    </div>
  );
  const button = ask.query.get('do');
  const isNew = (at: number): boolean => button === `clause.${at}` || (button === 'group' && at === groups.length - 1);
  const noun = type === 'user' ? 'account' : 'group';
  return (
    <form method="get" action={ask.here} data-try="yes">
      <input type="hidden" name="form" value="yes" />
      {/* Enter presses the first button of a form: it must be the one that only checks. */}
      <button type="submit" class="hidden" tabindex={-1}>
        Check and try
      </button>
      <Card id="actions" title="Target object actions">
        {box('create', `Create ${noun}s that do not exist yet`)}
        {box('update', type === 'user' ? 'Update accounts; suspending one is an update' : 'Update groups and their members')}
        {box('delete', `Delete ${noun}s, where the settings say that they are deleted`)}
      </Card>
      <Card id="filter" title="Scoping filter">
        <p>
          {groups.length === 0
            ? 'There is no filter: everybody who is assigned to the application is in scope.'
            : 'To be in scope, an object must be assigned and meet all clauses of at least one group.'}
        </p>
        {groups.map((group, at) => (
          <ClauseGroup type={type} group={group} at={at} isNew={isNew(at)} />
        ))}
        <button type="submit" class="second" name="do" value="group">
          {groups.length === 0 ? 'Add a filter' : 'Or: add another group of clauses'}
        </button>
        <datalist id="attributes">
          {sourceAttributeNames(type).map((name) => (
            <option value={name} />
          ))}
        </datalist>
      </Card>
      <Card id="try" title="Check and try">
        <TextField id="tried-on" name="tried" label={TRY_LABELS[type]} value={tried} />
        <button type="submit" class="second">
          Check and try
        </button>
      </Card>
    </form>
  );
}

interface ClauseGroupProps {
  readonly type: ObjectType;
  readonly group: ClauseGroupEdit;
  readonly at: number;
  /** Whether its last clause was added just now. */
  readonly isNew: boolean;
}

function ClauseGroup({ type, group: { name, clauses }, at, isNew }: ClauseGroupProps) {
  return (
    <fieldset>
      <legend>{at === 0 ? 'Group 1' : `Or group ${at + 1}`}</legend>
      <TextField id={`name-${at}`} name={`name.${at}`} label="Title (optional)" value={name} />
      {clauses.map((clause, index) => (
        <Clause
          type={type}
          clause={clause}
          place={[at, index]}
          isNew={isNew && index === clauses.length - 1}
          isOnly={clauses.length === 1}
        />
      ))}
      <div class="acts">
        <button type="submit" class="second" name="do" value={`clause.${at}`}>
          And: add a clause
        </button>
        <button type="submit" class="second" name="do" value={`drop.${at}`}>
          Remove group {at + 1}
        </button>
      </div>
    </fieldset>
  );
}

interface ClauseProps {
  readonly type: ObjectType;
  readonly clause: ClauseEdit;
  readonly place: readonly [group: number, clause: number];
  readonly isNew: boolean;
  readonly isOnly: boolean;
}

function Clause({ type, clause: { attribute, operator, values }, place, isNew, isOnly }: ClauseProps) {
  const id = place.join('-');
  const name = place.join('.');
  const label = place.map((one) => one + 1).join('.');
  const known = findOperator(operator);
  return (
    <div class="clause">
      <div class="field">
        <label for={`attribute-${id}`}>{label} Attribute</label>
        <input
          id={`attribute-${id}`}
          name={`attribute.${name}`}
          type="text"
          value={attribute}
          list="attributes"
          maxlength={MAX_NAME}
          autocomplete="off"
          spellcheck={false}
          autofocus={isNew}
        />
      </div>
      <div class="field">
        <label for={`operator-${id}`}>{label} Operator</label>
        <select id={`operator-${id}`} name={`operator.${name}`}>
          {operators
            .filter(({ kind }) => type === 'user' || kind !== 'membership')
            .map((one) => (
              <option value={one.name} selected={one === known}>
                {operatorWords(one)} ({one.name})
              </option>
            ))}
        </select>
      </div>
      <div class="field">
        <label for={`values-${id}`}>{label} Value; several: one per line</label>
        <textarea id={`values-${id}`} name={`values.${name}`} rows={Math.min(6, Math.max(1, values.length))} spellcheck={false}>
          {values.join('\n')}
        </textarea>
      </div>
      {!isOnly && (
        <button type="submit" class="second" name="do" value={`drop.${name}`}>
          Remove<span class="hidden"> clause {label}</span>
        </button>
      )}
    </div>
  );
}

/** What is missing or wrong, or what changes and the form that stores it. */
async function outcome(ask: Ask, { found, mapping }: Editing, edit: ScopeEdit) {
  const problem = incomplete(edit);
  if (problem !== undefined)
    return (
      <Notice tone="warn">
        <p>{problem}</p>
      </Notice>
    );
  const { schema } = found.read;
  const text = scopeEditedText(schema, mapping, edit);
  if (text === undefined) return null;
  const hidden = { scope: JSON.stringify(edit) };
  return <DraftOutcome ask={ask} before={schema} read={readSchema(text)} hidden={hidden} place={placeOf} />;
}

/** What is still to be filled in; undefined when there is nothing. */
function incomplete({ actions, groups }: ScopeEdit): string | undefined {
  if (!Object.values(actions).some(Boolean)) return 'Tick at least one action. To do nothing at all, pause the job.';
  const blank = groups.flatMap(({ clauses }, group) =>
    clauses.flatMap((clause, at) => (isBlank(clause) ? [`${group + 1}.${at + 1}`] : [])),
  );
  return blank.length === 0 ? undefined : `To be filled in: clause ${blank.join(', ')}.`;
}

/** `….scope.groups[0].clauses[1].targetOperand.values[0]` → `clause 1.2`. */
function placeOf(path: string): string {
  const [, group, clause] = /\.scope\.groups\[(\d+)\](?:\.clauses\[(\d+)\])?/.exec(path) ?? [];
  if (group === undefined) return path;
  return clause === undefined ? `group ${Number(group) + 1}` : `clause ${Number(group) + 1}.${Number(clause) + 1}`;
}

const save = defineAct({
  role: 'Operate',
  fields: z.strictObject({ scope: z.string().max(200_000), why: WHY }),
  summary: () => 'store a draft with another scope',
  run: async (ask, { scope, why }): Promise<ActResult> => {
    const editing = await editingOf(ask);
    const edit = readScope(scope);
    const text = editing && edit && scopeEditedText(editing.found.read.schema, editing.mapping, edit);
    if (!editing || text === undefined)
      return { kind: 'refused', text: 'There is no such mapping any more.', to: addressOf('mappings') };
    return storeDraft(ask, text, why, scopeAddress(editing.found.listed.version, editing.type));
  },
});

function readScope(text: string): ScopeEdit | undefined {
  try {
    return SCOPE.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Who is in scope and what may be done, for users or for groups: as the portal's dialog, told in words, tried, and stored as a draft. */
export const mappingScopePage: ConsolePage = {
  path: 'mappings/:version/scope/:type',
  title: 'Scope and actions',
  role: 'Read',
  worksWithoutMappings: true,
  show,
  acts: { save },
};
