import type { NewUser } from '../graph/types';
import { type Department, departments, familyNames, givenNames, type Office, offices } from './directory-words';

/** The company's mail domain; `.example` can never be somebody's (RFC 2606). */
export const DEMO_DOMAIN = 'alpenglow.example';

/** A stream of numbers in [0, 1) that depends on nothing but its seed (mulberry32). */
export function randomStream(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** What is fixed about a person; the rest is drawn. */
export interface PersonWish {
  readonly givenName?: string;
  readonly surname?: string;
  readonly department: Department;
  readonly jobTitle?: string;
  readonly company?: string;
  readonly office?: Office;
  /** False for people without a mailbox. */
  readonly hasMail?: boolean;
}

/** Makes believable people, no two with the same user principal name. */
export class PeopleMaker {
  private readonly taken = new Map<string, number>();
  private count = 0;

  constructor(private readonly random: () => number) {}

  /** A new person, ready for the directory. */
  person(wish: PersonWish): NewUser {
    const { random } = this;
    this.count += 1;
    const givenName = wish.givenName ?? pick(random, givenNames);
    const surname = wish.surname ?? pick(random, familyNames);
    const office = wish.office ?? pickWeighted(random, offices);
    const name = this.mailName(givenName, surname);
    const userPrincipalName = `${name}@${DEMO_DOMAIN}`;
    const digits = String(Math.floor(random() * 1000)).padStart(3, '0');
    const [, ...titles] = wish.department.titles;
    const user: NewUser = {
      userPrincipalName,
      displayName: `${givenName} ${surname}`,
      givenName,
      surname,
      mailNickname: name,
      department: wish.department.name,
      jobTitle: wish.jobTitle ?? pick(random, titles),
      companyName: wish.company ?? office.company,
      officeLocation: office.name,
      city: office.city,
      country: office.country,
      usageLocation: office.usageLocation,
      employeeId: `E${String(10_000 + this.count)}`,
      employeeType: wish.company === undefined ? 'Employee' : 'Contractor',
      businessPhones: random() < 0.8 ? [office.phone(digits)] : [],
    };
    const mail = wish.hasMail === false ? {} : { mail: userPrincipalName, proxyAddresses: [`SMTP:${userPrincipalName}`] };
    const mobile = random() < 0.3 ? { mobilePhone: office.phone(digits.split('').reverse().join('')) } : {};
    const language = random() < 0.9 ? { preferredLanguage: office.language } : {};
    return { ...user, ...mail, ...mobile, ...language };
  }

  /** `given.family`, with a number from the second bearer of the name on. */
  private mailName(givenName: string, surname: string): string {
    const name = `${ascii(givenName)}.${ascii(surname)}`;
    const bearers = (this.taken.get(name) ?? 0) + 1;
    this.taken.set(name, bearers);
    return bearers === 1 ? name : `${name}${bearers}`;
  }
}

/** The department of this name. */
export function department(name: string): Department {
  const found = departments.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no department ${name}`);
  return found;
}

/** One of the items, all alike. */
export function pick<T>(random: () => number, items: readonly T[]): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}

/** One of the items, by weight. */
export function pickWeighted<T extends { readonly weight: number }>(random: () => number, items: readonly T[]): T {
  let left = random() * items.reduce((sum, item) => sum + item.weight, 0);
  for (const item of items) {
    left -= item.weight;
    if (left < 0) return item;
  }
  return pick(random, items);
}

const FOLDED: Readonly<Record<string, string>> = { ä: 'ae', ö: 'oe', ü: 'ue', ß: 'ss', ø: 'oe', ł: 'l', ı: 'i' };

/** The form of a name that user principal names take: small letters, no marks. */
export function ascii(name: string): string {
  const folded = name.toLowerCase().replace(/[äöüßøłı]/g, (letter) => FOLDED[letter] ?? letter);
  return folded.normalize('NFD').replace(/[^a-z-]/g, '');
}
