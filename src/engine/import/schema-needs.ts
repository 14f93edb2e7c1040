import type { SourceId } from '../../core/model';
import { isInert } from '../../core/schema/account';
import type { ProvisioningSchema } from '../../core/schema/model';

/** Kinds of targets that name organizations. */
const ORGANIZATIONS: ReadonlySet<string> = new Set(['organization', 'organizations']);

/** What the mappings ask of the target connector besides users: reading organizations or brands costs a request per user. */
export const targetNeeds = ({ users: { mappings } }: ProvisioningSchema) => ({
  createOrganizations: mappings.some((one) => one.createMissing),
  readOrganizations: mappings.some((one) => one.target.kind === 'organizations' && !isInert(one)),
  countOrganizations: mappings.some((one) => ORGANIZATIONS.has(one.target.kind) && !one.createMissing && !isInert(one)),
  readGroups: mappings.some((one) => one.target.kind === 'group' && !isInert(one)),
  readBrands: mappings.some((one) => one.target.kind === 'brands' && !isInert(one)),
});

/** The groups whose members scoping filters ask about. */
export const filterGroups = (schema: ProvisioningSchema): readonly SourceId[] =>
  [...schema.users.filterGroupIds, ...(schema.groups?.filterGroupIds ?? [])] as SourceId[];

/** What scoping needs of a group even where groups are not provisioned: their members may be entitled through them. */
const ALWAYS_NEEDED = ['displayName', 'securityEnabled'];

/** The source attributes to be read of groups, sorted. */
export const groupAttributes = (schema: ProvisioningSchema): readonly string[] =>
  [...new Set([...ALWAYS_NEEDED, ...(schema.groups?.sourceAttributes ?? [])])].sort();
