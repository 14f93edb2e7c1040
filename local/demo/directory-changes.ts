import type { DemoDirectory } from './directory';
import { DEMO_DOMAIN, department } from './directory-people';

/** Something that happens in the company after the first cycle. */
export interface DemoChange {
  /** Short name, for instance `new-hire`. */
  readonly name: string;
  /** What happens, and what is to be seen in Zendesk, for a person who watches. */
  readonly sentence: string;
  /** Makes it happen, once. Returns the id of the user or group it is about. */
  readonly apply: (demo: DemoDirectory) => string;
}

/** The changes of the demo, in the order of the story. They do not depend on one another. */
export const demoChanges: readonly DemoChange[] = [
  {
    name: 'new-hire',
    sentence: 'Linnea Åberg starts in Sales and joins its group: an account is created.',
    apply: ({ directory, groups, maker }) => {
      const user = maker.person({
        department: department('Sales'),
        givenName: 'Linnea',
        surname: 'Åberg',
        jobTitle: 'Account Executive',
      });
      const id = directory.addUser(user);
      directory.addMember(groups.Sales ?? '', id);
      return id;
    },
  },
  {
    name: 'leaver',
    sentence: 'Hugo Delacroix leaves the trade fair team and loses his assignment: his account is suspended.',
    apply: ({ directory, cast, servicePrincipalId }) => {
      for (const assignment of directory.assignmentsOf(cast.leaver, servicePrincipalId)) directory.unassign(assignment.id);
      return cast.leaver;
    },
  },
  {
    name: 'disabled',
    sentence: "Ralf Steiner's sign-in is blocked: his account is suspended.",
    apply: ({ directory, cast }) => {
      directory.disableUser(cast.toDisable);
      return cast.toDisable;
    },
  },
  {
    name: 'rename',
    sentence: 'Sophie Martens marries and is now Sophie Okonkwo: name and e-mail address follow, the account stays the same.',
    apply: ({ directory, cast }) => {
      const mail = `sophie.okonkwo@${DEMO_DOMAIN}`;
      const old = String(directory.user(cast.toRename)?.mail);
      directory.updateUser(cast.toRename, {
        surname: 'Okonkwo',
        displayName: 'Sophie Okonkwo',
        mailNickname: 'sophie.okonkwo',
        mail,
        userPrincipalName: mail,
        proxyAddresses: [`SMTP:${mail}`, `smtp:${old}`],
      });
      return cast.toRename;
    },
  },
  {
    name: 'role-change',
    sentence: 'Mónica Rivas moves from the shop floor to support and is assigned as Agent: the end user becomes an agent.',
    apply: ({ directory, cast, roles, servicePrincipalId }) => {
      directory.assign(cast.toPromote, roles.Agent, servicePrincipalId);
      return cast.toPromote;
    },
  },
  {
    name: 'group-change',
    sentence: 'The group Escalations becomes Escalation Desk, and Mara Lindqvist joins it: the Zendesk group follows both.',
    apply: ({ directory, cast, groups }) => {
      const id = groups.Escalations ?? '';
      directory.updateGroup(id, { displayName: 'Escalation Desk' });
      directory.addMember(id, cast.toEscalate);
      return id;
    },
  },
];
