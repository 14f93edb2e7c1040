import { z } from 'zod';
import { type ObjectType, sourceId } from '../../core/model';
import { clip } from '../../html';
import { keyText, type ObjectKey } from '../../ports/stored';

interface TickProps {
  /** Name of the field; all boxes of a list share it. */
  readonly name: string;
  readonly value: string;
  /** What is selected, for people who do not see the row. */
  readonly label: string;
  readonly id?: string;
}

/** The box at the beginning of a row by which it is selected. */
export const Tick = ({ name, value, label, id }: TickProps) => (
  <>
    <input type="checkbox" name={name} value={value} id={id} aria-label={`Select ${clip(label, 80)}`} />{' '}
  </>
);

/** The same for an object, whatever its kind; a form receives them by {@link chosenObjects}. */
export const TickObject = ({ of, label }: { readonly of: ObjectKey; readonly label: string }) => (
  <Tick name="objects" value={keyText(of)} label={label} />
);

const KEY = /^(user|group) ([0-9a-f-]{36})$/;

/** An object by its text; undefined for anything else. */
export function keyIn(text: string): ObjectKey | undefined {
  const [, type, id] = KEY.exec(text) ?? [];
  return type && id ? { type: type as ObjectType, id: sourceId(id) } : undefined;
}

/** The field of a form with the objects that are selected; none selected is an empty list. */
export const chosenObjects = (max: number) =>
  z
    .union([z.string(), z.array(z.string())])
    .transform((keys) => [keys].flat())
    .pipe(z.array(z.string().regex(KEY)).max(max))
    .transform((keys) => keys.flatMap((text) => keyIn(text) ?? []))
    .default([]);
