import type { CompiledExpression } from '../expression/compile';
import type { CompiledFilter } from '../filter/compile-filter';
import type { ObjectType } from '../model';
import type { TargetAttribute } from '../target-attributes';
import type { Dependencies } from './depends-on';

/**
 * When a value goes to the target.
 * @see https://learn.microsoft.com/graph/api/resources/synchronization-attributemapping
 */
export const FLOW_TYPES = ['Always', 'ObjectAddOnly', 'MultiValueAddOnly', 'ValueAddOnly', 'AttributeAddOnly'] as const;

/** One of {@link FLOW_TYPES}. */
export type FlowType = (typeof FLOW_TYPES)[number];

/** What a source without a value does to the target: `skip` leaves it alone (as Entra does), `clear` empties it. Ours. */
export type NullPolicy = 'skip' | 'clear';

/** Where a mapping's value comes from. */
export type MappingSource =
  | { readonly kind: 'attribute'; readonly name: string }
  | { readonly kind: 'constant'; readonly value: string }
  | { readonly kind: 'function'; readonly expression: CompiledExpression }
  /** Entra's mapping type None: the default value is written where the target has nothing; else the target is left alone. */
  | { readonly kind: 'none' };

/** One attribute of the target and where its value comes from, checked and compiled. */
export interface AttributeMapping {
  readonly target: TargetAttribute;
  readonly source: MappingSource;
  /** The source as the administrator writes it: `[mail]`, `"text"`, an expression in normal form; empty for type None. */
  readonly text: string;
  /** 0 is not a matching attribute; of the others the lowest is tried first. */
  readonly matchingPriority: number;
  readonly flowType: FlowType;
  readonly flowNullValues: NullPolicy;
  /** Whether an organization that Zendesk lacks is created; always false for other attributes. Ours. */
  readonly createMissing: boolean;
  /** Whether another system's value on an account that matches is overwritten; always false but for `external_id`. Ours. */
  readonly takeOverForeignExternalId: boolean;
  /** Used where the source has no value, when the target object is created; null when there is none. */
  readonly defaultValue: string | null;
  /** True for a target such as `active`, read as the opposite of `suspended`. */
  readonly isInverted: boolean;
  /** Where the mapping stands in the file. */
  readonly path: string;
}

/** What may be done to target objects of a kind (the three boxes of the portal). Disabling is an update. */
export interface ObjectActions {
  readonly create: boolean;
  readonly update: boolean;
  readonly delete: boolean;
}

/**
 * What an `external_id` of another system (a CRM, single sign-on, a former connector) on a matching account means. Ours.
 *
 *   ignore    │ it is not written by this mapping (not mapped, or only where there is none), so it is nobody's claim: adopt, and leave it
 *   refuse    │ it would be overwritten: the account is not adopted, and the reason names `takeOverForeignExternalId` (the default)
 *   takeOver  │ it is overwritten: the mapping says `takeOverForeignExternalId`
 */
export type ForeignExternalId = 'ignore' | 'refuse' | 'takeOver';

/** How one kind of source object becomes a target object. */
export interface ObjectMapping {
  readonly objectType: ObjectType;
  readonly name: string;
  readonly actions: ObjectActions;
  /** In the order of the file; one for each target attribute. */
  readonly mappings: readonly AttributeMapping[];
  /** The matching ones, first tried first; never empty. */
  readonly matching: readonly AttributeMapping[];
  /** Who is in scope besides the assignments; undefined when everybody is. */
  readonly scope: CompiledFilter | undefined;
  /**
   * Names in Graph's spelling of everything that mappings and filter read, and of what identifies an object; sorted, each once. `manager.x` is
   * x of the manager, `onPremisesExtensionAttributes.extensionAttribute1` a part of a property.
   */
  readonly sourceAttributes: readonly string[];
  /** Ids of the groups that the filter asks membership of; lower case, sorted. */
  readonly filterGroupIds: readonly string[];
  /** What is read of other objects. */
  readonly dependsOn: Dependencies;
  /** What it means that a matching account carries an `external_id` that belongs to no object of this tenant. */
  readonly foreignExternalId: ForeignExternalId;
}

/** A mapping file that passed every check: what the engine maps, matches and scopes by. */
export interface ProvisioningSchema {
  readonly users: ObjectMapping;
  /** Undefined when the group mapping is absent or disabled: then no group is touched. */
  readonly groups: ObjectMapping | undefined;
  /** Stands for everything that decides what is written; the same text for files that differ in layout or metadata only. */
  readonly hash: string;
  /** The file's JSON as it was read, for showing. */
  readonly raw: unknown;
}

/** Something in the file that has no meaning for Zendesk, is read as something else, or is allowed and probably not meant; named once. */
export interface IgnoredItem {
  readonly name: string;
  readonly path: string;
  readonly reason: string;
}

/** One fault of the file. */
export interface SchemaProblem {
  /** `synchronizationRules[0].objectMappings[1].name`; empty for the file as a whole. */
  readonly path: string;
  /** What is wrong, in one sentence. */
  readonly problem: string;
  /** What may stand there instead; absent when there is no list of it. */
  readonly allowed?: readonly string[];
  /** Where the value stands in the file, from 1; absent when nothing stands there. */
  readonly line?: number;
  /** In UTF-16 units, from 1. */
  readonly column?: number;
}

/** The outcome of reading a mapping file: the schema, or every fault of it. */
export type ReadSchemaResult =
  | { readonly ok: true; readonly schema: ProvisioningSchema; readonly ignored: readonly IgnoredItem[]; readonly text: string }
  | { readonly ok: false; readonly problems: readonly SchemaProblem[] };
