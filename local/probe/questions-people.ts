import type { ProbeAccount } from './accounts';
import { hasCode, isFine, record, refusalOf, rows } from './answers';
import { open, type ProbeContext, type Question, settled } from './question';

/** Questions about accounts that take no seat. */
export const PEOPLE: readonly Question[] = [
  {
    id: 'taken-email',
    title: 'How does a creation with a taken address end?',
    assumption: '422 with the code DuplicateValue at email',
    concerns: 'matching: the address is looked up again, and the account is adopted or the conflict is reported',
    helps: 'none; people whose address is taken would be retried as refused instead',
    async ask(context) {
      const first = await made(context);
      const { answer } = await context.accounts.create({ email: first.email });
      if (isFine(answer)) return settled(`${answer.status}: two accounts have the address`, false);
      return settled(refusalOf(answer), answer.status === 422 && hasCode(answer, 'DuplicateValue'));
    },
  },
  {
    id: 'taken-external-id',
    title: 'How does a creation with a taken external id end?',
    assumption: 'a refusal with 400 or 422, whatever its code and property: the app looks the external id up',
    concerns: 'creation: a repeated creation finds its own account',
    helps: 'none',
    async ask(context) {
      const first = await made(context);
      const { answer } = await context.accounts.create({ external_id: first.externalId });
      if (isFine(answer)) return settled(`${answer.status}: two accounts have the external id`, false);
      return settled(refusalOf(answer), answer.status === 400 || answer.status === 422);
    },
  },
  {
    id: 'external-id-read',
    title: 'Does a look-up by external id see an account that was just created?',
    assumption: 'at once',
    concerns: 'creation: after an answer that was lost, the app looks by external id before it creates again',
    helps: 'none; an account could be created twice, and Zendesk would then refuse the second one',
    async ask({ client, accounts }) {
      const { account } = await accounts.create();
      if (!account) return open('the account could not be created');
      const { body } = await client.call('GET', `/api/v2/users/show_many?external_ids=${account.externalId}`);
      const isThere = rows(body, 'users').some(({ id }) => String(id) === account.id);
      return settled(isThere ? 'found by the next request' : 'not found by the next request', isThere);
    },
  },
  {
    id: 'email-in-update',
    title: 'What does an update with another address do?',
    assumption: 'it adds a second, unverified address; the primary one stays',
    concerns:
      'changes of an address: the app adds the identity, makes it primary and removes the old one, and never sends email in an update',
    helps: 'none needed',
    async ask(context) {
      const account = await made(context);
      const answer = await context.client.call('PUT', `/api/v2/users/${account.id}`, {
        user: { email: `b-${account.email}`, skip_verify_email: true },
      });
      if (!isFine(answer)) return settled(refusalOf(answer), false);
      const emails = await identitiesOf(context, account);
      const primary = emails.find((one) => one.primary === true);
      const stays = primary?.value === account.email;
      return settled(
        `${emails.length} addresses; the primary one ${stays ? 'stays' : 'is the new one'}`,
        emails.length === 2 && stays,
      );
    },
  },
  {
    id: 'identity-value',
    title: "What does a change of an identity's value keep?",
    assumption: 'not relied on; expected: the identity stays primary and verified',
    concerns: 'changes of an address take three requests today; one would do if this holds',
    helps: 'none needed',
    async ask(context) {
      const account = await made(context);
      const [before] = await identitiesOf(context, account);
      if (!before) return open('the account showed no address');
      const path = `/api/v2/users/${account.id}/identities/${before.id}`;
      const answer = await context.client.call('PUT', path, { identity: { value: `c-${account.email}` } });
      if (!isFine(answer)) return settled(refusalOf(answer), false);
      const after = (await identitiesOf(context, account)).find(({ id }) => id === before.id);
      const isChanged = after?.value === `c-${account.email}`;
      const says = (name: 'primary' | 'verified') => `${after?.[name] === true ? '' : 'not '}${name}`;
      const keeps = isChanged && after?.primary === true && after.verified === true;
      return settled(`${isChanged ? 'changed' : 'not changed'}, ${says('primary')}, ${says('verified')}`, keeps);
    },
  },
  {
    id: 'locale-not-enabled',
    title: 'What does a language that the account has not enabled do?',
    assumption: 'a refusal; the app leaves such a language out',
    concerns: 'the attribute locale: a language that the account does not offer is left out with a warning',
    helps: 'none needed',
    async ask(context) {
      const enabled = new Set(context.known.locales.map((locale) => locale.toLowerCase()));
      const other = ['is', 'mt', 'ga', 'cy', 'sq'].find((locale) => !enabled.has(locale));
      if (other === undefined) return open('every language that was tried is enabled');
      return inUpdate(context, 'locale', other, false);
    },
  },
  {
    id: 'time-zone-unknown',
    title: 'What does a time zone that Zendesk does not know do?',
    assumption: 'it is taken without a word; the app sends names from its own table only',
    concerns: 'the attribute time_zone',
    helps: 'a refusal would hold up the whole update: map time_zone with a Switch over the zones you use',
    ask: (context) => inUpdate(context, 'time_zone', 'Nowhere at all', true),
  },
  {
    id: 'user-field-unknown',
    title: 'What does a user field that is not there do?',
    assumption: 'it is ignored without a word; the app refuses it itself',
    concerns: 'user fields: a mapping to a field that the account lacks is refused before anything is sent',
    helps: 'none needed',
    async ask(context) {
      const account = await made(context);
      const user = { user_fields: { provisioningprobe_no_such_field: 'x' } };
      const answer = await context.client.call('PUT', `/api/v2/users/${account.id}`, { user });
      return isFine(answer) ? settled('ignored', true) : settled(refusalOf(answer), false);
    },
  },
  {
    id: 'deleted-keys',
    title: 'Are address and external id of a deleted account free again?',
    assumption: 'both, at once',
    concerns: 'HARD_DELETED_USERS=Delete, and rehires: a new account is created with the same keys',
    helps: 'HARD_DELETED_USERS=Suspend keeps the account, which is enabled again on a rehire',
    async ask({ client, accounts }) {
      const { account } = await accounts.create();
      if (!account) return open('the account could not be created');
      const gone = await client.call('DELETE', `/api/v2/users/${account.id}`);
      if (!isFine(gone)) return settled(`the deletion was refused: ${refusalOf(gone)}`, false);
      const { answer } = await accounts.create({ external_id: account.externalId, email: account.email });
      return isFine(answer) ? settled('both are free', true) : settled(refusalOf(answer), false);
    },
  },
  {
    id: 'identities-sideload',
    title: 'Does show_many give all addresses with include=identities?',
    assumption: 'yes; where not, the app asks for each account',
    concerns: 'the check of protected addresses: one request for a hundred accounts, or one for each',
    helps: 'none needed; it costs requests',
    async ask(context) {
      const account = await made(context);
      const { body } = await context.client.call('GET', `/api/v2/users/show_many?ids=${account.id}&include=identities`);
      const isThere = rows(body, 'identities').some(({ value }) => value === account.email);
      return settled(isThere ? 'yes' : 'no', isThere);
    },
  },
];

/** A new account. @throws Error when Zendesk refuses a plain end user: then nothing can be settled */
export async function made({ accounts }: ProbeContext): Promise<ProbeAccount> {
  const { answer, account } = await accounts.create();
  if (!account) throw new Error(`a plain end user could not be created: ${refusalOf(answer)}`);
  return account;
}

async function identitiesOf({ client }: ProbeContext, account: ProbeAccount) {
  const { body } = await client.call('GET', `/api/v2/users/${account.id}/identities`);
  return rows(body, 'identities').filter(({ type }) => type === 'email');
}

async function inUpdate(context: ProbeContext, name: string, value: string, isTaken: boolean) {
  const account = await made(context);
  const answer = await context.client.call('PUT', `/api/v2/users/${account.id}`, { user: { [name]: value } });
  if (!isFine(answer)) return settled(refusalOf(answer), !isTaken);
  const isStored = record(record(answer.body).user)[name] === value;
  return settled(isStored ? 'taken and stored' : 'taken without a word, and not stored', isTaken);
}
