/** Space, line breaks and the invisible characters that come along when text is copied from a page or a chat. */
const AROUND = /^[\s\p{Cf}]+|[\s\p{Cf}]+$/gu;
const QUOTED = /^(?:"([^"]*)"|'([^']*)'|`([^`]*)`|[“„]([^“”]*)[“”]|[‘‚]([^‘’]*)[‘’])$/u;

/** A setting's text without what a paste put around it: space, line breaks, invisible characters and one pair of quotation marks. */
export function withoutWrapping(text: string): string {
  const plain = text.replace(AROUND, '');
  const inner = QUOTED.exec(plain)
    ?.slice(1)
    .find((quoted) => quoted !== undefined);
  return inner === undefined ? plain : inner.replace(AROUND, '');
}
