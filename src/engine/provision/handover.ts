import { HandoverError } from '../../core/errors';
import type { ObjectType, SourceId, TargetId } from '../../core/model';
import type { EngineReads } from '../deps';
import { fold, type MatchedBy, ownerOf, wantedValue } from './holder';
import type { Writing } from './stages';

/** How many hands a value is followed through; longer chains are solved a part with each cycle. */
const MAX_HANDS = 10;

/** The hands that a value is in: who has it, who has what that one wants, and so on. */
interface Chain {
  readonly holders: readonly SourceId[];
  /** True where the last one wants what the asking object has. */
  readonly isRing: boolean;
}

/**
 * Stops a write that another object of ours stands in the way of, for as long as that one is about to give the value up: the order in which our
 * own changes are carried out is not a refusal. In a ring, where everybody waits for the next, the one with the lowest id steps aside: it takes a
 * value in between, so that the others can move.
 * @param holders who has the value in Zendesk
 * @throws HandoverError where waiting helps; returns where it does not
 */
export async function requireNoHandover<T extends { readonly id: TargetId }>(
  writing: Writing<T>,
  type: ObjectType,
  by: MatchedBy,
  holders: readonly { readonly id: TargetId }[],
): Promise<void> {
  const { deps, attempt, found } = writing;
  const self = attempt.item.sourceId;
  const [holder] = holders;
  if (!holder || holders.length > 1) return;
  const chain = await chainFrom(deps, type, by, holder.id, self);
  if (!chain) return;
  const [next] = chain.holders;
  const message = `${type === 'user' ? 'The address' : 'The name'} is still in use by ${next}, which is about to get another one.`;
  const stepsAside = chain.isRing && found.target && [...chain.holders].every((id) => self < id);
  if (stepsAside && found.target) await stepAside(writing, type, found.target.id);
  const aside = stepsAside ? ` As each waits for the other, this one has a ${by.attribute} in between for the moment.` : '';
  throw new HandoverError(`${message}${aside}`, true);
}

/** Follows a value; undefined where somebody in the chain keeps what is asked for. */
async function chainFrom(
  reads: EngineReads,
  type: ObjectType,
  by: MatchedBy,
  first: TargetId,
  self: SourceId,
): Promise<Chain | undefined> {
  const holders: SourceId[] = [];
  let [value, target] = [fold(by.value), first];
  for (let hands = 0; hands < MAX_HANDS; hands += 1) {
    const holder = await ownerOf(reads, type, target);
    if (holder === self) return { holders, isRing: true };
    const object = holder && (await reads.space.readObject({ type, id: holder }))?.value;
    if (!holder || !object || object.deleted !== 'no' || holders.includes(holder)) return undefined;
    const wanted = await wantedValue(reads, object, by);
    if (wanted === undefined || wanted === 'outOfScope' || wanted === value) return undefined;
    holders.push(holder);
    const next = await whoHas(reads, type, by.attribute, wanted);
    if (next === undefined) return { holders, isRing: false };
    // It has moved on since it was found, and the value is free; unless it keeps that one beside the new one.
    if (next === target) return (await keeps(reads, type, target, value)) ? undefined : { holders, isRing: false };
    [value, target] = [wanted, next];
  }
  return { holders, isRing: false };
}

async function whoHas(reads: EngineReads, type: ObjectType, attribute: string, value: string): Promise<TargetId | undefined> {
  const found = type === 'user' ? await reads.target.findUsers({ attribute, value }) : await reads.target.findGroups(value);
  return found[0]?.id;
}

/** Whether an account still has an address, as its first one or beside it. A group has but one name. */
const keeps = async (reads: EngineReads, type: ObjectType, target: TargetId, value: string): Promise<boolean> =>
  type === 'user' && (await reads.target.addressesOf(target)).some((address) => fold(address) === value);

/** A value that nobody else can want. The domain is reserved for such uses and receives no mail. @see https://www.rfc-editor.org/rfc/rfc2606 */
async function stepAside<T>({ deps, attempt, found }: Writing<T>, type: ObjectType, target: TargetId): Promise<void> {
  const id = attempt.item.sourceId;
  if (type === 'group') {
    await deps.target.updateGroup(target, { name: `${attempt.object.attributes['displayName'] ?? 'Group'} (${id})` });
    return;
  }
  const current = found.target && (await deps.target.getUser(target));
  const email = `in-between-${id}@example.com`;
  if (current && current.email !== email) await deps.target.updateUser(current, { email });
}
