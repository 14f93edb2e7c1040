import type { DemoDirectory } from './directory';
import { DEMO_DOMAIN } from './directory-people';

/** An account that exists in Zendesk before anything is provisioned, named as Zendesk's API names it. */
export interface DemoZendeskUser {
  readonly name: string;
  readonly email: string;
  readonly role: 'end-user' | 'agent' | 'admin';
  /** Null when nobody has linked the account to anything. */
  readonly external_id: string | null;
  readonly phone?: string;
  readonly tags?: readonly string[];
  /** Why it is there, for whoever reads along. */
  readonly story: string;
}

/** What the demo's Zendesk account holds at first. */
export interface DemoZendeskSeed {
  readonly users: readonly DemoZendeskUser[];
}

const customers = [
  'Gloria Whitcombe',
  'Stefan Rademacher',
  'Yvette Carpentier',
  'Dwayne Ellery',
  'Katja Brunner',
  'Oliver Pemberton',
  'Manon Girard',
  'Curtis Vandermeer',
];

/**
 * What the demo's Zendesk account holds before the first cycle, as plain data: an account to adopt, a pair that must be refused
 * as a duplicate, an admin whom adoption must not lower, and customers who are nobody's business.
 */
export function demoZendeskSeed(demo: DemoDirectory): DemoZendeskSeed {
  const { directory, cast } = demo;
  const mailOf = (id: string): string => String(directory.user(id)?.mail);
  const nameOf = (id: string): string => directory.user(id)?.displayName ?? '';
  return {
    users: [
      {
        name: 'priyanka',
        email: mailOf(cast.toAdopt),
        role: 'end-user',
        external_id: null,
        tags: ['vip'],
        story: `${nameOf(cast.toAdopt)} once wrote to support herself: the account is adopted, not created again`,
      },
      {
        name: nameOf(cast.duplicate),
        email: mailOf(cast.duplicate),
        role: 'end-user',
        external_id: null,
        story: `holds the e-mail address of ${nameOf(cast.duplicate)}, while another account holds the external id: refused`,
      },
      {
        name: `${nameOf(cast.duplicate)} (old)`,
        email: `jonas.petersen.old@${DEMO_DOMAIN}`,
        role: 'end-user',
        external_id: cast.duplicate,
        story: `holds the external id of ${nameOf(cast.duplicate)}, left behind by an earlier import: refused`,
      },
      {
        name: nameOf(cast.existingAdmin),
        email: mailOf(cast.existingAdmin),
        role: 'admin',
        external_id: null,
        story: `${nameOf(cast.existingAdmin)} is assigned as Agent and already an admin: adopted, and stays an admin`,
      },
      ...customers.map(
        (name): DemoZendeskUser => ({
          name,
          email: `${name.toLowerCase().replace(' ', '.')}@customer.example`,
          role: 'end-user',
          external_id: null,
          story: 'a customer: never touched',
        }),
      ),
    ],
  };
}
