import type { FakeUser } from '../../fakes/target-account';
import type { Person } from '../world/entra';
import type { TruthHistory } from '../world/truth';

/** What Zendesk is given of a person that may be empty in Entra ID, and what stands in its place there. */
const SHOWN = ['phone', 'name', 'mail'] as const;

/** An attribute of a person, by the name that Entra has for it. */
export type Shown = (typeof SHOWN)[number];

/** What a person has no value of. A name or an address that is the user principal name might as well be one that stands in for it. */
export const blanksOf = ({ phone, name, mail, upn }: Person): readonly Shown[] =>
  SHOWN.filter((one) => ({ phone, name: name === upn ? null : name, mail: mail === upn ? null : mail })[one] === null);

/**
 * Nothing is cleared in Zendesk, or written over with what stands in for it, that Entra ID never had empty since the last truthful reading: a row
 * with nulls for want of a permission says nothing.
 */
export class ClearWatch {
  constructor(
    private readonly past: TruthHistory,
    private readonly violate: (rule: string, text: string) => void,
  ) {}

  /** An account of a person was written. @param sinceMs since when a reason must have been true */
  written(was: FakeUser, is: FakeUser, person: Person, sinceMs: number, told: string): void {
    const before = valuesOf(was);
    const after = valuesOf(is);
    for (const one of SHOWN) {
      const isCleared = after[one] === null || (one !== 'phone' && after[one] === person.upn);
      if (before[one] === null || before[one] === after[one] || !isCleared) continue;
      if (!this.past.wasBlank(person.id, sinceMs, one))
        this.violate('clearedWithoutReason', `${one} was ${before[one]} and is ${after[one] ?? 'empty'}: ${told}`);
    }
  }
}

const valuesOf = ({ name, email, attributes }: FakeUser): Readonly<Record<Shown, string | null>> => ({
  phone: textOf(attributes.phone),
  name: textOf(name),
  mail: textOf(email),
});

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
