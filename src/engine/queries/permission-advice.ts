/** What stands still without a permission, by Graph's name for it. */
const WITHOUT: Readonly<Record<string, string>> = {
  'User.Read.All': 'Users cannot be read, so nobody is created, updated or disabled in Zendesk.',
  'GroupMember.Read.All':
    'Groups and their members cannot be read: a cycle that has to read an assigned group, or one that a filter asks for, stops, and then nobody is created, updated or disabled in Zendesk.',
  'Application.Read.All':
    'The enterprise application, its app roles and its assignments cannot be read: every cycle stops, so nobody is created, updated or disabled in Zendesk.',
};

/** What is missing, what fails without it, and what to do, for a person. Pure. */
export const permissionAdvice = ({ permission, evidence }: { readonly permission: string; readonly evidence: string }): string =>
  `The Graph permission ${permission} is missing (${evidence}). ${WITHOUT[permission] ?? 'What it opens cannot be read.'} Grant it to the identity of the app, with admin consent, and run a cycle: this warning goes with the first cycle that has it.`;

/** The same for objects that came with nulls, or with their members hidden. Pure. */
export function unreadAdvice(unread: {
  readonly users: number;
  readonly groups: number;
  readonly hiddenGroups: number;
}): readonly string[] {
  const { users, groups, hiddenGroups } = unread;
  const again =
    'then POST /api/job/restart with {"criteria":{"resetScope":"Watermark"}}, because Entra ID does not report them again by itself.';
  const told: string[] = [];
  if (users > 0)
    told.push(
      `${many(users, 'user')} came from Entra ID without name and state, as where User.Read.All is missing. Nothing is changed for them. Check the permission with POST /api/test-connection, ${again}`,
    );
  if (groups > 0)
    told.push(
      `${many(groups, 'group')} came from Entra ID without a name, as where GroupMember.Read.All is missing. Nothing is changed for them and through them. Check the permission with POST /api/test-connection, ${again}`,
    );
  if (hiddenGroups > 0)
    told.push(
      `${many(hiddenGroups, 'group')} in use with hidden membership: Graph shows their members only with the permission Member.Read.Hidden. People assigned through them do not get an account, and nobody loses one. Assign groups whose members are visible; or grant Member.Read.Hidden to the identity of the app, with admin consent, ${again}`,
    );
  return told;
}

const many = (count: number, thing: string): string => `${count} ${count === 1 ? thing : `${thing}s`}`;
