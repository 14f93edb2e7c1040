import { type FunctionDefinition, parameters } from '../call';
import { maxRandomLength } from '../limits';
import { EvaluationFailure } from '../run';

const digits = '0123456789';
// https://learn.microsoft.com/windows/security/threat-protection/security-policy-settings/password-must-meet-complexity-requirements#reference
const specials = '~!@#$%^&*_-+=`|\\(){}[]:;"\'<>,.?/';
const capitals = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const smalls = capitals.toLowerCase();

const guid: FunctionDefinition = { name: 'Guid', parameters: [], isVolatile: true, build: () => (run) => run.context.newGuid() };

const randomString: FunctionDefinition = {
  name: 'RandomString',
  parameters: parameters(
    'Length, MinimumNumbers, MinimumSpecialCharacters, MinimumCapital, MinimumLowerCase, CharactersToAvoid?',
  ),
  isVolatile: true,
  build: (call) => {
    const length = call.index(0);
    const minimums = [1, 2, 3, 4].map((index) => call.index(index));
    const avoid = call.text(5);
    const constants = [0, 1, 2, 3, 4].map((index) => call.constant(index));
    const given = constants[0];
    if (given !== undefined && /^\d{1,100}$/.test(given) && BigInt(given) > maxRandomLength)
      call.refuse(0, `Length is at most ${maxRandomLength}`);
    else if (constants.every((constant) => constant !== undefined && /^\d{1,9}$/.test(constant))) {
      const reason = violation(Number(given), constants.slice(1).map(Number));
      if (reason !== undefined) call.refuse(0, reason);
    }
    return (run) => {
      const wanted = length(run);
      const counts = minimums.map((minimum) => minimum(run));
      if (wanted === null || !counts.every((count) => count !== null)) return null;
      const total = Math.min(wanted, maxRandomLength);
      const reason = violation(total, counts);
      if (reason !== undefined) throw new EvaluationFailure(`RandomString: ${reason}`);
      const avoided = new Set(avoid(run) ?? '');
      const sets = [digits, specials, capitals, smalls].map((set) => [...set].filter((character) => !avoided.has(character)));
      const pick = (set: readonly string[]): string => {
        if (set.length === 0)
          throw new EvaluationFailure('RandomString: CharactersToAvoid leaves no character of one of the kinds asked for');
        return set[randomIndex(run.context.random(), set.length)] ?? '';
      };
      const characters = sets.flatMap((set, kind) => Array.from({ length: counts[kind] ?? 0 }, () => pick(set)));
      const any = sets.flat();
      while (characters.length < total) characters.push(pick(any));
      return shuffle(characters, run.context.random).join('');
    };
  },
};

function violation(length: number, minimums: readonly number[]): string | undefined {
  if (length < 1) return 'Length must be at least 1';
  if (minimums.some((minimum) => minimum < 0)) return 'a minimum must not be negative';
  const sum = minimums.reduce((total, minimum) => total + minimum, 0);
  return sum > length ? `the minimums add up to ${sum}, more than the Length of ${length}` : undefined;
}

function shuffle(characters: string[], random: () => number): string[] {
  for (let index = characters.length - 1; index > 0; index -= 1) {
    const other = randomIndex(random(), index + 1);
    [characters[index], characters[other]] = [characters[other] ?? '', characters[index] ?? ''];
  }
  return characters;
}

function randomIndex(random: number, length: number): number {
  return Math.min(Math.floor(random * length), length - 1);
}

/** Functions whose result differs each time. */
export const randomFunctions: readonly FunctionDefinition[] = [guid, randomString];
