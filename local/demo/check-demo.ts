import type { World } from './world';

/** What a look at both sides found. */
export interface DemoFindings {
  readonly facts: readonly string[];
  readonly faults: readonly string[];
}

/** Holds the simulated Zendesk account against the simulated company, knowing nothing of how the app works. */
export function checkDemo({ demo, zendesk }: World): DemoFindings {
  const facts: string[] = [];
  const faults: string[] = [];
  const expect = (holds: boolean, fact: string): void => void (holds ? facts : faults).push(fact);
  const { cast, directory } = demo;
  const account = (id: string) => zendesk.state.userByExternalId(id);
  const mail = (id: string): string => String(directory.user(id)?.mail ?? directory.user(id)?.userPrincipalName).toLowerCase();

  let [right, wrong] = [0, 0];
  for (const user of directory.users().filter(({ id }) => id !== cast.duplicate)) {
    const held = account(user.id);
    if (!held || held.suspended) continue;
    const isRight = held.name === user.displayName && (held.email === mail(user.id) || user.id === cast.guest);
    if (isRight) right += 1;
    else wrong += 1;
  }
  expect(
    wrong === 0 && right > 0,
    `${right} active accounts carry the name and e-mail address of their person${wrong > 0 ? `, ${wrong} do not` : ''}.`,
  );
  expect(account(cast.leaver)?.suspended === true, `${directory.user(cast.leaver)?.displayName} lost the assignment: suspended.`);
  expect(
    account(cast.toDisable)?.suspended === true,
    `${directory.user(cast.toDisable)?.displayName} is blocked in Entra ID: suspended.`,
  );
  const renamed = account(cast.toRename);
  expect(
    renamed?.name === directory.user(cast.toRename)?.displayName && renamed?.email === mail(cast.toRename),
    `${renamed?.name} was renamed: same account, new name and primary address.`,
  );
  expect(
    account(cast.toPromote)?.role === 'agent',
    `${account(cast.toPromote)?.name} got another role: ${account(cast.toPromote)?.role}.`,
  );
  expect(account(cast.toAdopt) !== undefined, `${account(cast.toAdopt)?.name} had an account already: adopted.`);
  expect(
    account(cast.existingAdmin)?.role === 'admin',
    `${account(cast.existingAdmin)?.name} was admin in Zendesk and still is: adopting never lowers a role.`,
  );
  expect(
    account(cast.disabled) === undefined,
    `${directory.user(cast.disabled)?.displayName} was disabled from the start: no account.`,
  );
  expect(
    account(cast.withoutCounterpart) === undefined,
    `${directory.user(cast.withoutCounterpart)?.displayName} has a role that Zendesk lacks: refused with the reason.`,
  );
  expect(zendesk.state.sentMails.length === 0, 'Nobody was sent a welcome mail.');
  return { facts, faults };
}
