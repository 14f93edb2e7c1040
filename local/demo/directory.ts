import { SimulatedDirectory } from '../graph/directory';
import { DEFAULT_ACCESS_ROLE_ID, type NewUser } from '../graph/types';
import { DEMO_DOMAIN, department, PeopleMaker, pick, pickWeighted, randomStream } from './directory-people';
import { departments, offices } from './directory-words';

/** How the demo company is made. */
export interface DemoOptions {
  /** Users in the directory, 100 or more; 1,040 by default, of whom 1,000 get a Zendesk account. */
  readonly people?: number;
  readonly seed?: number;
  /** Clock for what happens after the directory is made; the real one by default. */
  readonly now?: () => Date;
}

/** The tenant id of the demo company; any GUID will do. */
export const TENANT_ID = '7f1c2a3e-0d5b-4c6a-9e8f-1a2b3c4d5e6f';

/** How many people fall into which case, under the default settings (`GROUP_MEMBERSHIP=Direct`, `DEFAULT_ACCESS=Skip`). */
export interface DemoCounts {
  readonly people: number;
  /** Get an account, or have one adopted. */
  readonly provisioned: number;
  readonly defaultAccessOnly: number;
  /** Only in a group inside an assigned group: provisioned with `GROUP_MEMBERSHIP=Transitive`. */
  readonly nestedOnly: number;
  readonly unassigned: number;
}

/** The people whom the story is about; ids. */
export interface DemoCast {
  readonly chiefExecutive: string;
  /** Assigned directly, and disabled from the start: never provisioned. */
  readonly disabled: string;
  /** Assigned directly with a role that Zendesk does not know. */
  readonly withoutCounterpart: string;
  /** Agent and Light agent directly, User by group: Agent wins. */
  readonly severalRoles: string;
  /** Guest of the tenant, `#EXT#` in the user principal name; User. */
  readonly guest: string;
  /** Has a Zendesk account already: same e-mail, no external id. */
  readonly toAdopt: string;
  /** Two Zendesk accounts claim to be this person. */
  readonly duplicate: string;
  /** Agent by group; an admin in Zendesk already. */
  readonly existingAdmin: string;
  readonly leaver: string;
  readonly toDisable: string;
  readonly toRename: string;
  readonly toPromote: string;
  /** A support specialist who joins the escalation group later. */
  readonly toEscalate: string;
}

/** The demo company. */
export interface DemoDirectory {
  readonly directory: SimulatedDirectory;
  /** Object id of the enterprise application "Zendesk". */
  readonly servicePrincipalId: string;
  /** App roles by display name → id: Admin, Agent, Light agent, User, Billing approver. */
  readonly roles: Readonly<Record<'Admin' | 'Agent' | 'Light agent' | 'User' | 'Billing approver', string>>;
  /** Groups by display name → id, as they were named at the start. */
  readonly groups: Readonly<Record<string, string>>;
  readonly cast: DemoCast;
  readonly counts: DemoCounts;
  readonly maker: PeopleMaker;
}

const DEFAULT_PEOPLE = 1040;
const DEFAULT_ACCESS_ONLY = 25;
const NESTED_ONLY = 8;
const UNASSIGNED = 4;
/** Besides: one disabled, one with a role without counterpart, one with two accounts. */
const SPECIAL = 3;

/** When everything was set up; fixed, so that two runs make the same directory. */
const SET_UP_AT = new Date('2026-03-02T08:00:00Z');

/**
 * Builds the demo company: a tenant whose people are assigned to "Zendesk" in all the ways that matter. Same options, same
 * directory, ids included. People are assigned by the group of their department, a few directly.
 */
export function buildDemoDirectory(options: DemoOptions = {}): DemoDirectory {
  const people = options.people ?? DEFAULT_PEOPLE;
  if (people < 100) throw new Error('the demo company needs 100 people or more');
  const random = randomStream(options.seed ?? 1);
  let isSetUp = false;
  const now = () => (isSetUp ? (options.now?.() ?? new Date()) : SET_UP_AT);
  const directory = new SimulatedDirectory({ tenantId: TENANT_ID, tenantName: 'Alpenglow Outdoor', now });
  const maker = new PeopleMaker(random);
  const add = (user: NewUser): string => directory.addUser(user);

  const servicePrincipalId = directory.addServicePrincipal({
    displayName: 'Zendesk',
    tags: ['WindowsAzureActiveDirectoryIntegratedApp'],
  });
  // The order is the precedence: who is Light agent by one group and User by another becomes a light agent.
  const roles = {
    Admin: directory.addAppRole(servicePrincipalId, { displayName: 'Admin', value: 'admin' }),
    Agent: directory.addAppRole(servicePrincipalId, { displayName: 'Agent', value: 'agent' }),
    'Light agent': directory.addAppRole(servicePrincipalId, { displayName: 'Light agent', value: null }),
    User: directory.addAppRole(servicePrincipalId, {
      displayName: 'User',
      value: null,
      allowedMemberTypes: ['User', 'Application'],
    }),
    'Billing approver': directory.addAppRole(servicePrincipalId, { displayName: 'Billing approver', value: 'billing-approver' }),
  };

  const groups: Record<string, string> = {};
  const group = (displayName: string, description: string, more: object = {}): string => {
    const mailNickname = displayName.toLowerCase().replaceAll(/\W+/g, '-');
    const id = directory.addGroup({ displayName, description, mailNickname, ...more });
    groups[displayName] = id;
    return id;
  };

  // Departments: head first, so that everybody has a manager.
  const [berlin] = offices;
  const chiefExecutive = add(
    maker.person({
      department: department('Product'),
      jobTitle: 'Chief Executive Officer',
      ...(berlin ? { office: berlin } : {}),
    }),
  );
  directory.updateUser(chiefExecutive, { department: 'Management' });
  directory.assign(chiefExecutive, roles.User);
  const leads = new Map<string, string[]>();
  for (const unit of departments) {
    const id = group(unit.name, `Everybody in ${unit.name}`);
    directory.assign(id, unit.name === 'Customer Support' ? roles.Agent : roles.User);
    const head = add(maker.person({ department: unit, jobTitle: unit.titles[0] }));
    directory.setManager(head, chiefExecutive);
    directory.addMember(id, head);
    leads.set(unit.name, [head]);
  }
  const join = (user: NewUser, unitName: string): string => {
    const id = add(user);
    directory.addMember(groups[unitName] ?? '', id);
    const managers = leads.get(unitName) ?? [];
    directory.setManager(id, pick(random, managers));
    // One in twelve leads others.
    if (managers.length * 12 < directory.memberIds(groups[unitName] ?? '').length) managers.push(id);
    return id;
  };
  const direct = (user: NewUser, ...roleIds: string[]): string => {
    const id = add(user);
    directory.setManager(id, chiefExecutive);
    for (const roleId of roleIds) directory.assign(id, roleId);
    return id;
  };
  const staff = (unitName: string, givenName: string, surname: string, hasMail = true): string =>
    join(maker.person({ department: department(unitName), givenName, surname, hasMail }), unitName);
  const office = (name: string, givenName: string, surname: string, jobTitle: string): NewUser =>
    maker.person({ department: department(name), givenName, surname, jobTitle });

  const cast: DemoCast = {
    chiefExecutive,
    disabled: direct({ ...office('Finance', 'Victor', 'Halloran', 'Controller'), accountEnabled: false }, roles.User),
    withoutCounterpart: direct(office('Finance', 'Ingrid', 'Solberg', 'Billing Lead'), roles['Billing approver']),
    severalRoles: staff('IT', 'Tobias', 'Engel'),
    guest: direct(guest(office('Product', 'Lena', 'Hartmann', 'Design Partner')), roles.User),
    toAdopt: staff('Sales', 'Priyanka', 'Desai'),
    duplicate: staff('Marketing', 'Jonas', 'Petersen'),
    existingAdmin: staff('Customer Support', 'Marta', 'Kowalska'),
    leaver: direct(office('Sales', 'Hugo', 'Delacroix', 'Trade Fair Lead'), roles.User),
    toDisable: staff('Logistics', 'Ralf', 'Steiner'),
    toRename: staff('Engineering', 'Sophie', 'Martens'),
    toPromote: staff('Retail', 'Mónica', 'Rivas'),
    toEscalate: staff('Customer Support', 'Mara', 'Lindqvist'),
  };
  directory.assign(cast.severalRoles, roles.Agent);
  directory.assign(cast.severalRoles, roles['Light agent']);
  const administrators = [staff('IT', 'Bettina', 'Oswald'), staff('IT', 'Kwame', 'Mensah'), staff('IT', 'Renata', 'Vidal')];
  for (const administrator of administrators) directory.assign(administrator, roles.Admin);

  // Contractors: Default Access, which the Zendesk tutorial says is not provisioned.
  const contractors = group('Contractors', 'People of other companies');
  for (let index = 0; index < DEFAULT_ACCESS_ONLY; index += 1) {
    const id = direct(
      maker.person({ department: department('Logistics'), company: 'Rheintal Staffing AG' }),
      DEFAULT_ACCESS_ROLE_ID,
    );
    directory.addMember(contractors, id);
  }

  // Nested groups: Entra gives an assignment to direct members only. Trainees are below Customer Support on two paths (a diamond),
  // Product Feedback and Beta Testers contain each other (a cycle).
  const support = groups['Customer Support'] ?? '';
  const weekend = group('Support Weekend Crew', 'Helps out on weekends');
  const secondLevel = group('Support Second Level', 'Takes what the first level cannot solve');
  const trainees = group('Support Trainees', 'New in support, no tickets of their own yet');
  for (const inner of [weekend, secondLevel]) {
    directory.addMember(support, inner);
    directory.addMember(inner, trainees);
  }
  for (let index = 0; index < NESTED_ONLY; index += 1) {
    const id = direct(maker.person({ department: department('Customer Support'), jobTitle: 'Support Trainee' }));
    directory.addMember(index % 4 === 0 ? weekend : trainees, id);
  }
  for (let index = 0; index < UNASSIGNED; index += 1)
    direct(maker.person({ department: department('Finance'), jobTitle: 'Supervisory Board Member' }));

  // Everybody else. Some in the warehouse have no mailbox: their user principal name is their e-mail in Zendesk.
  let withoutMail = 0;
  while (directory.state.users.size < people) {
    const unit = pickWeighted(random, departments);
    const hasMail = unit.name !== 'Logistics' || withoutMail >= 12 || random() < 0.7;
    if (!hasMail) withoutMail += 1;
    join(maker.person({ department: unit, hasMail }), unit.name);
  }

  const escalations = group('Escalations', 'Second pair of eyes on difficult tickets');
  directory.assign(escalations, roles.Agent);
  const specialists = directory.memberIds(support).filter((id) => directory.user(id) !== undefined && id !== cast.toEscalate);
  for (const id of specialists.slice(0, 6)) directory.addMember(escalations, id);

  const feedback = group('Product Feedback', 'Reads along on tickets about the products');
  directory.assign(feedback, roles['Light agent']);
  const readers = [...directory.memberIds(groups.Product ?? ''), ...directory.memberIds(groups.Engineering ?? '')];
  for (const id of readers.filter((reader) => reader !== cast.toRename).slice(0, Math.floor(people / 26)))
    directory.addMember(feedback, id);
  const betaTesters = group('Beta Testers', 'Try things before others');
  for (const id of directory.memberIds(groups.Retail ?? '').slice(0, 10)) directory.addMember(betaTesters, id);
  directory.addMember(feedback, betaTesters);
  directory.addMember(betaTesters, feedback);

  // Assigned, and without effect: a group that is not security-enabled, and a service principal.
  const club = group('Social Club', 'Outings and after-work', {
    groupTypes: ['Unified'],
    mailEnabled: true,
    securityEnabled: false,
    mail: `social-club@${DEMO_DOMAIN}`,
  });
  for (const id of directory.memberIds(groups.People ?? '').slice(0, 8)) directory.addMember(club, id);
  directory.assign(club, roles.User);
  const bot = directory.addServicePrincipal({ displayName: 'Ticket Reporting Bot' });
  directory.assign(bot, roles.User, servicePrincipalId);

  isSetUp = true;
  const counts: DemoCounts = {
    people,
    provisioned: people - DEFAULT_ACCESS_ONLY - NESTED_ONLY - UNASSIGNED - SPECIAL,
    defaultAccessOnly: DEFAULT_ACCESS_ONLY,
    nestedOnly: NESTED_ONLY,
    unassigned: UNASSIGNED,
  };
  return { directory, servicePrincipalId, roles, groups, cast, counts, maker };
}

/** https://learn.microsoft.com/entra/external-id/user-properties: a guest's user principal name is made from the foreign address. */
function guest(user: NewUser): NewUser {
  const mail = `${String(user.mailNickname)}@studio-nord.example`;
  return {
    ...user,
    userPrincipalName: `${mail.replace('@', '_')}#EXT#@alpenglow.onmicrosoft.com`,
    mail,
    proxyAddresses: [`SMTP:${mail}`],
    userType: 'Guest',
    creationType: 'Invitation',
    externalUserState: 'Accepted',
    companyName: 'Studio Nord',
  };
}
