import type { Child } from 'hono/jsx';
import type { Ask } from '../model';

interface ActFormProps {
  readonly ask: Ask;
  /** Name of the act, as the page that is asked declares it. */
  readonly act: string;
  /** On the button. */
  readonly label: string;
  readonly tone?: 'danger' | 'second' | undefined;
  /** What is sent besides, unseen. */
  readonly hidden?: Readonly<Record<string, string | readonly string[]>>;
  readonly children?: Child;
  readonly className?: string;
  /** True where a file is sent. */
  readonly multipart?: boolean;
}

/**
 * A form that acts. It says in its children what it will do, in numbers; the button says it in a word. Works without a script; sent twice it
 * is carried out once.
 */
export const ActForm = ({ ask, act, label, tone, hidden = {}, children, className, multipart }: ActFormProps) => (
  <form method="post" action={ask.here} class={className} enctype={multipart ? 'multipart/form-data' : undefined}>
    <input type="hidden" name="act" value={act} />
    <input type="hidden" name="token" value={ask.token()} />
    {Object.entries(hidden).flatMap(([name, values]) =>
      [values].flat().map((value) => <input type="hidden" name={name} value={value} />),
    )}
    {children}
    <button type="submit" class={tone}>
      {label}
    </button>
  </form>
);

interface FieldProps {
  /** Unique on the page. */
  readonly id: string;
  readonly name: string;
  readonly label: string;
  readonly value?: string;
}

/** One line of text to type. */
export const TextField = ({
  id,
  name,
  label,
  value,
  type = 'text',
  required = false,
}: FieldProps & { readonly type?: string; readonly required?: boolean }) => (
  <div class="field">
    <label for={id}>{label}</label>
    <input id={id} name={name} type={type} value={value} required={required} maxlength={400} autocomplete="off" />
  </div>
);

/** One of several, from a list. */
export const SelectField = ({
  id,
  name,
  label,
  value,
  options,
}: FieldProps & { readonly options: readonly (readonly [value: string, label: string])[] }) => (
  <div class="field">
    <label for={id}>{label}</label>
    <select id={id} name={name}>
      {options.map(([one, text]) => (
        <option value={one} selected={one === value}>
          {text}
        </option>
      ))}
    </select>
  </div>
);

/** A number that is typed to confirm, under the name `typed`. */
export const TypedNumber = ({
  id,
  label,
  required = true,
}: {
  readonly id: string;
  readonly label: string;
  readonly required?: boolean;
}) => (
  <div class="field">
    <label for={id}>{label}</label>
    <input
      id={id}
      class="short"
      name="typed"
      type="text"
      inputmode="numeric"
      pattern="[0-9]*"
      maxlength={9}
      autocomplete="off"
      required={required}
    />
  </div>
);

/** A number to type where access is taken away: the act is refused unless it is the number that the page has shown. */
export const NumberToType = ({ id, count, what }: { readonly id: string; readonly count: number; readonly what: string }) => (
  <TypedNumber id={id} label={`To confirm, type the number of ${what}: ${count}`} />
);

/** Selects all boxes of a name on the page, or none; shown by the script, without which it could do nothing. */
export const TickAll = ({ name }: { readonly name: string }) => (
  <p>
    <button type="button" class="second" data-tick-all={name} hidden>
      Select all on this page, or none
    </button>
  </p>
);

/** Whether the number that was typed is that of what is there now; else why not, in a sentence. */
export const typedWrong = (typed: string, count: number): string | undefined =>
  Number(typed.trim()) === count && typed.trim() !== ''
    ? undefined
    : `Nothing was done: ${typed.trim() === '' ? 'no number was typed' : `the number typed was ${typed.trim().slice(0, 9)}`}, and there are ${count} now. Look again and type ${count} if that is right.`;
