import type { BrandRow, CustomRoleRow, GroupRow, OrganizationRow, TicketRow, UserFieldRow, UserRow } from './rows';
import { createUser, joinGroup, organizationNamed } from './user-rules';
import type { Actor, World } from './world';

/** Fills the account from inside, by the same rules as the API but without requests, limits and mails. */
export interface Seed {
  /** Creates a user from an API body (`name`, `email`, `role`, `external_id`, …). Throws like the API. */
  user(body: Readonly<Record<string, unknown>>): UserRow;
  group(name: string, options?: { readonly description?: string; readonly isDefault?: boolean }): GroupRow;
  /** Puts an agent into a group. */
  member(user: UserRow, group: GroupRow): void;
  organization(name: string, externalId?: string): OrganizationRow;
  /** A custom role; `roleType` 0 (default) is one's own, 1 the light agent. */
  customRole(name: string, roleType?: number): CustomRoleRow;
  /** Tickets of an agent, in the group of that agent unless another is given. */
  tickets(assignee: UserRow, count: number, ticket?: Partial<TicketRow>): readonly TicketRow[];
  /** A brand of the account. */
  brand(name: string, subdomain?: string): BrandRow;
  userField(
    key: string,
    type?: 'text' | 'dropdown' | 'checkbox' | 'date',
    options?: { readonly values?: readonly string[]; readonly tag?: string },
  ): UserFieldRow;
}

/** @param world the account to fill */
export function makeSeed(world: World): Seed {
  const root: Actor = {
    get user() {
      return world.state.users.get(world.state.ownerId) ?? systemUser;
    },
    scopes: undefined,
  };
  return {
    user: (body) => createUser(world, root, { skip_verify_email: true, ...body }),
    group(name, options = {}) {
      const at = world.timestamp();
      const isDefault = options.isDefault ?? false;
      if (isDefault && world.state.defaultGroup) world.state.defaultGroup.default = false;
      const row = {
        name,
        description: options.description ?? '',
        is_public: true,
        default: isDefault,
        deleted: false,
        created_at: at,
        updated_at: at,
      };
      return world.state.addGroup({ id: world.state.nextId(), ...row });
    },
    member: (user, group) => void joinGroup(world, user, group.id, false),
    organization(name, externalId) {
      const row = organizationNamed(world, name);
      if (externalId !== undefined) world.state.renameOrganization(row, row.name, externalId);
      return row;
    },
    customRole(name, roleType = 0) {
      const at = world.timestamp();
      const row = { id: world.state.nextId(), name, role_type: roleType, created_at: at, updated_at: at };
      world.state.customRoles.set(row.id, row);
      return row;
    },
    tickets(assignee, count, ticket = {}) {
      const at = world.timestamp();
      return Array.from({ length: count }, () => {
        const id = world.state.nextId();
        const row: TicketRow = {
          id,
          subject: `Ticket ${id}`,
          status: 'open',
          requester_id: world.state.ownerId,
          assignee_id: assignee.id,
          group_id: assignee.default_group_id ?? world.state.defaultGroup?.id ?? null,
          created_at: at,
          updated_at: at,
          ...ticket,
        };
        world.state.tickets.set(id, row);
        return row;
      });
    },
    brand(name, subdomain = name.toLowerCase()) {
      const row = { id: world.state.nextId(), name, subdomain };
      world.state.brands.set(row.id, row);
      return row;
    },
    userField(key, type = 'text', options = {}) {
      const row: UserFieldRow = {
        id: world.state.nextId(),
        key,
        type,
        title: key,
        active: true,
        tag: options.tag ?? null,
        options: (options.values ?? []).map((value) => ({ id: world.state.nextId(), name: value, value })),
      };
      world.state.userFields.set(key, row);
      return row;
    },
  };
}

/** Stands in for the owner while the owner is being created. */
const systemUser = { id: 0, role: 'admin' } as UserRow;
