import { filterWords } from '../filter/filter-words';
import type { ObjectType } from '../model';
import type { AttributeMapping, ObjectMapping, ProvisioningSchema } from './model';

/** One thing in which two versions of the mappings differ. */
export interface MappingDifference {
  readonly objectType: ObjectType;
  /** `mapping`: the object mapping as a whole. */
  readonly about: 'mapping' | 'actions' | 'scope' | 'matching' | 'attribute';
  readonly change: 'added' | 'removed' | 'changed';
  /** The Zendesk attribute; null for what is about none. */
  readonly attribute: string | null;
  /** What of it differs, such as `source` or `defaultValue`. */
  readonly property: string;
  /** As it was, in words; null where it was not there. */
  readonly before: string | null;
  readonly after: string | null;
  /** All of it in one sentence. */
  readonly text: string;
}

/** In what two versions of the mappings differ, in the order of the newer file; empty where both decide the same. Pure. */
export function differences(before: ProvisioningSchema, after: ProvisioningSchema): readonly MappingDifference[] {
  return [...ofMapping('user', before.users, after.users), ...ofMapping('group', before.groups, after.groups)];
}

function ofMapping(
  objectType: ObjectType,
  before: ObjectMapping | undefined,
  after: ObjectMapping | undefined,
): readonly MappingDifference[] {
  if (!before && !after) return [];
  const whole = { objectType, about: 'mapping', attribute: null, property: 'enabled' } as const;
  if (!before)
    return [{ ...whole, change: 'added', before: null, after: 'on', text: `${NAMES[objectType]} are provisioned now.` }];
  if (!after)
    return [
      { ...whole, change: 'removed', before: 'on', after: null, text: `${NAMES[objectType]} are not provisioned any more.` },
    ];
  const some: readonly (readonly [MappingDifference['about'], string, string, string, string])[] = [
    ['actions', 'targetObjectActions', 'Actions', actionWords(before), actionWords(after)],
    ['scope', 'scope', 'Who is in scope', scopeWords(before), scopeWords(after)],
    ['matching', 'matchingPriority', 'Matching attributes', matchingWords(before), matchingWords(after)],
  ];
  const about = some.flatMap(([kind, property, what, was, is]) =>
    was === is
      ? []
      : [
          {
            objectType,
            about: kind,
            change: 'changed' as const,
            attribute: null,
            property,
            before: was,
            after: is,
            text: `${NAMES[objectType]}: ${what}: ${was} → ${is}.`,
          },
        ],
  );
  return [...about, ...ofAttributes(objectType, before, after)];
}

const NAMES: Readonly<Record<ObjectType, string>> = { user: 'Users', group: 'Groups' };

/** What may be done to target objects, in words. */
export function actionWords({ actions }: ObjectMapping): string {
  const names = (['create', 'update', 'delete'] as const).filter((name) => actions[name]);
  return names.length === 0 ? 'none' : names.join(', ');
}

const scopeWords = ({ scope }: ObjectMapping): string => filterWords(scope).join('; or ') || 'everybody who is assigned';

const matchingWords = ({ matching }: ObjectMapping): string => matching.map(({ target }) => target.name).join(', then ');

function ofAttributes(objectType: ObjectType, before: ObjectMapping, after: ObjectMapping): readonly MappingDifference[] {
  const old = new Map(before.mappings.map((one) => [one.target.name, one]));
  const kept = new Set(after.mappings.map((one) => one.target.name));
  const here = { objectType, about: 'attribute' } as const;
  const removed = before.mappings
    .filter((one) => !kept.has(one.target.name))
    .map((one): MappingDifference => {
      const { name } = one.target;
      const text = `${NAMES[objectType]}: ${name} is not mapped any more (was ${sourceWords(one)}).`;
      return { ...here, change: 'removed', attribute: name, property: 'source', before: sourceWords(one), after: null, text };
    });
  const others = after.mappings.flatMap((one): readonly MappingDifference[] => {
    const { name } = one.target;
    const was = old.get(name);
    if (!was) {
      const text = `${NAMES[objectType]}: ${name} is mapped now (${sourceWords(one)}).`;
      return [{ ...here, change: 'added', attribute: name, property: 'source', before: null, after: sourceWords(one), text }];
    }
    const then = aspects(was);
    return aspects(one).flatMap(([property, what, is], at) => {
      const had = then[at]?.[2] ?? '';
      const text = `${NAMES[objectType]}: ${name}: ${what}: ${had} → ${is}.`;
      return had === is ? [] : [{ ...here, change: 'changed', attribute: name, property, before: had, after: is, text }];
    });
  });
  return [...removed, ...others];
}

/** Where a value comes from, as the administrator writes it. */
export const sourceWords = ({ source, text }: AttributeMapping): string => (source.kind === 'none' ? 'no source' : text);

/** When a value flows, in the words of the portal and beyond. */
export const FLOW_WORDS: Readonly<Record<AttributeMapping['flowType'], string>> = {
  Always: 'always',
  ObjectAddOnly: 'only when the account is created',
  MultiValueAddOnly: 'only values are added, none is taken away',
  ValueAddOnly: 'only values are added, none is taken away',
  AttributeAddOnly: 'only where the account has no value',
};

/** What is said of a mapping besides its target: property, its name in words, its value in words; always in this order. */
function aspects(one: AttributeMapping): readonly (readonly [string, string, string])[] {
  return [
    ['source', 'source', `${sourceWords(one)}${one.isInverted ? ' (the opposite of it)' : ''}`],
    ['flowType', 'applied', FLOW_WORDS[one.flowType]],
    ['defaultValue', 'default value', one.defaultValue === null ? 'none' : JSON.stringify(one.defaultValue)],
    ['flowNullValues', 'without a value', one.flowNullValues === 'clear' ? 'Zendesk is emptied' : 'Zendesk is left alone'],
    ['matchingPriority', 'matching precedence', one.matchingPriority === 0 ? 'none' : String(one.matchingPriority)],
    ['createMissing', 'organizations that Zendesk lacks', one.createMissing ? 'are created' : 'are not created'],
    [
      'takeOverForeignExternalId',
      'an external id of another system',
      one.takeOverForeignExternalId ? 'is overwritten' : 'is left alone',
    ],
  ];
}
