import { ProvisioningError } from '../core/errors';
import { isGuid } from '../core/guid';
import {
  type AttributeValue,
  type ObjectType,
  type SourceId,
  type SourceObject,
  sourceId,
  type TargetId,
  targetId,
} from '../core/model';
import type { ProvisioningLogEntry } from '../core/record';
import type { ObjectKey } from '../ports/stored';
import type { EngineDeps } from './deps';

/** An object that a text may mean, with what tells it from the others; null for what is not known. */
export interface SubjectHit {
  readonly key: ObjectKey;
  readonly displayName: string | null;
  /** The UPN, else an address. */
  readonly address: string | null;
}

/** Who or what a text means. */
export type FoundSubject =
  | { readonly kind: 'one'; readonly key: ObjectKey }
  /** A Zendesk account or group that this app has never touched. */
  | { readonly kind: 'target'; readonly id: TargetId }
  /** More than one, the first of them; or one alone where there was no time to look for others. */
  | { readonly kind: 'several'; readonly hits: readonly SubjectHit[]; readonly isComplete: boolean }
  /** Whether everything that the cycles have read was gone through. */
  | { readonly kind: 'none'; readonly isComplete: boolean }
  /** Empty, or longer than any name. */
  | { readonly kind: 'unreadable' };

type Reads = Pick<EngineDeps, 'source' | 'links' | 'log' | 'space' | 'clock'>;

const ZENDESK_ID = /^\d{1,20}$/;
/** An address is at most 254 characters, a UPN 113. @see https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.3 */
const MAX_NAME = 320;
/** More than this nobody chooses from. */
const LISTED = 20;
/** Somebody waits for the answer. */
const PATIENCE_MS = 8_000;

/**
 * Finds a person or a group by Entra object id, Zendesk id, UPN, any address, whole name or part of one, wherever somebody is asked about.
 * Entra's own word on an address comes first; a name is looked for among what the cycles have read, then in the log, whose names
 * outlive a renaming or deletion, then in Entra ID: the beginning of a person's name or user name, and a group's whole name. A whole name goes before a part of one; several are listed, never guessed among.
 * @param type Only objects of this type; undefined for both.
 * @param patienceMs How long what the cycles have read is gone through: of 100,000 people, some are left out where that is short.
 */
export async function findSubject(deps: Reads, name: string, type?: ObjectType, patienceMs = PATIENCE_MS): Promise<FoundSubject> {
  const text = name.trim();
  if (text === '' || text.length > MAX_NAME) return { kind: 'unreadable' };
  const types: readonly ObjectType[] = type ? [type] : ['user', 'group'];
  if (isGuid(text)) return { kind: 'one', key: await keyOf(deps, sourceId(text), types) };
  if (ZENDESK_ID.test(text)) return findByTarget(deps, targetId(text), types);
  const isAddress = text.includes('@') && types.includes('user');
  const inEntra = isAddress || type === 'group' ? await findInEntra(deps, text, isAddress ? 'user' : 'group') : undefined;
  if (inEntra) return inEntra;
  const found = await findInSpace(deps, text, types, patienceMs);
  if (found.kind !== 'none') return found;
  const logged = await findInLog(deps, text, types);
  if (logged.kind !== 'none') return logged;
  if (isAddress) return found;
  const people = types.includes('user') ? await searchEntra(deps, text) : logged;
  if (people.kind !== 'none') return people;
  // A name that may be a person's is looked for among groups last.
  return (type === undefined && (await findInEntra(deps, text, 'group'))) || found;
}

/** People whom no cycle has read, by the beginning of a name. */
async function searchEntra({ source }: Reads, text: string): Promise<FoundSubject> {
  const found = collector(text);
  try {
    const users = await source.searchUsers(text);
    for (const user of users) {
      const object = { ...user, type: 'user' as const };
      found.look(object, namesOf(object), () => hitOfObject(object));
    }
    return found.result(users.length <= LISTED);
  } catch (error) {
    if (error instanceof ProvisioningError) return { kind: 'none', isComplete: false };
    throw error;
  }
}

/** What an id belongs to: what has been read under it, or is linked to it; else an object of the first type. */
async function keyOf({ space, links }: Reads, id: SourceId, types: readonly ObjectType[]): Promise<ObjectKey> {
  const [first = 'user', ...others] = types;
  for (const type of [first, ...others])
    if ((await space.readObject({ type, id })) || (await links.read({ type, id }))) return { type, id };
  return { type: first, id };
}

/** By the link; else by the last entry that named the account, because a link goes when an account does. */
async function findByTarget({ links, log }: Reads, id: TargetId, types: readonly ObjectType[]): Promise<FoundSubject> {
  for (const type of types) {
    const linked = await links.sourceOf(type, id);
    if (linked) return { kind: 'one', key: { type, id: linked } };
  }
  const { entries } = await log.query({ targetId: id }, LISTED);
  const entry = entries.find((one) => types.includes(typeOf(one)));
  return entry ? { kind: 'one', key: hitOf(entry).key } : { kind: 'target', id };
}

/** Entra's own word on an address or on a group's whole name; undefined without an answer. */
async function findInEntra({ source }: Reads, text: string, type: ObjectType): Promise<FoundSubject | undefined> {
  try {
    const read = await (type === 'user' ? source.readUser(text, []) : source.readGroup(text, []));
    const isThere = read.kind === 'present' || read.kind === 'softDeleted';
    return isThere ? { kind: 'one', key: { type, id: read.id } } : undefined;
  } catch (error) {
    if (error instanceof ProvisioningError) return undefined;
    throw error;
  }
}

async function findInSpace(
  { space, clock }: Reads,
  text: string,
  types: readonly ObjectType[],
  patienceMs: number,
): Promise<FoundSubject> {
  const found = collector(text);
  const untilMs = clock().getTime() + patienceMs;
  for (const type of types) {
    for await (const page of space.listObjects(type)) {
      for (const object of page) found.look(object, namesOf(object), () => hitOfObject(object));
      if (clock().getTime() > untilMs) return found.result(false);
    }
  }
  return found.result(true);
}

async function findInLog({ log }: Reads, text: string, types: readonly ObjectType[]): Promise<FoundSubject> {
  const found = collector(text);
  const { entries, next } = await log.query({ nameContains: text }, 500);
  for (const entry of entries.filter((one) => types.includes(typeOf(one)))) {
    const { sourceIdentity, targetIdentity } = entry;
    const names = [sourceIdentity.displayName, ...Object.values(sourceIdentity.details), targetIdentity.displayName];
    const hit = hitOf(entry);
    found.look(hit.key, names, () => hit);
  }
  return found.result(next === undefined);
}

/** Takes objects whose names are the text, or hold it. */
function collector(text: string) {
  const wanted = fold(text);
  const whole = new Map<string, SubjectHit>();
  const part = new Map<string, SubjectHit>();
  return {
    look({ type, id }: ObjectKey, names: readonly string[], hit: () => SubjectHit): void {
      const folded = names.map(fold);
      const into = folded.includes(wanted) ? whole : folded.some((name) => name.includes(wanted)) ? part : undefined;
      if (into && into.size <= LISTED) into.set(`${type}.${id}`, hit());
    },
    result(isComplete: boolean): FoundSubject {
      const hits = [...(whole.size > 0 ? whole : part).values()];
      const [first] = hits;
      if (!first) return { kind: 'none', isComplete };
      if (hits.length === 1 && isComplete) return { kind: 'one', key: first.key };
      return { kind: 'several', hits: hits.slice(0, LISTED), isComplete: isComplete && hits.length <= LISTED };
    },
  };
}

/** Names are compared without case, accents and double spaces: who types one has read it, or heard it. */
const fold = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').replace(/\s+/gu, ' ').trim().toLowerCase();

/** Attributes that name an object; `proxyAddresses` begin with their protocol. */
const NAMES = ['displayName', 'userPrincipalName', 'mail', 'mailNickname', 'otherMails', 'proxyAddresses'] as const;

function namesOf({ attributes }: Pick<SourceObject, 'attributes'>): readonly string[] {
  const own = NAMES.flatMap((name) => textsOf(attributes[name]).map((text) => text.replace(/^smtp:/i, '')));
  const [given, surname] = [textsOf(attributes['givenName'])[0], textsOf(attributes['surname'])[0]];
  return given && surname ? [...own, `${given} ${surname}`, `${surname}, ${given}`, `${surname} ${given}`] : own;
}

const textsOf = (value: AttributeValue | undefined): readonly string[] =>
  [value ?? []].flat().filter((one): one is string => typeof one === 'string');

function hitOfObject({ type, id, attributes }: Pick<SourceObject, 'type' | 'id' | 'attributes'>): SubjectHit {
  const text = (name: string): string | null => textsOf(attributes[name])[0] ?? null;
  return { key: { type, id }, displayName: text('displayName'), address: text('userPrincipalName') ?? text('mail') };
}

const typeOf = ({ sourceIdentity }: ProvisioningLogEntry): ObjectType =>
  sourceIdentity.identityType === 'Group' ? 'group' : 'user';

function hitOf(entry: ProvisioningLogEntry): SubjectHit {
  const { id, displayName, details } = entry.sourceIdentity;
  const address = details['userPrincipalName'] ?? details['mail'] ?? null;
  return { key: { type: typeOf(entry), id: sourceId(id) }, displayName: displayName || null, address };
}

/** A hit in one line, for whoever has to choose. */
export const hitLine = ({ key, displayName, address }: SubjectHit): string =>
  [displayName ?? '(no name)', address && `<${address}>`, key.type, key.id].filter(Boolean).join(' ');
