/** Called around each call of a port, when its turn has come. */
export interface Around {
  /** Waits for its turn; may throw in the call's place. */
  before(method: string, args: readonly unknown[]): Promise<void>;
  /** Sees the answer, may throw in its place, or never return. */
  after(method: string, args: readonly unknown[], answer: unknown): Promise<unknown>;
}

type Method = (...args: unknown[]) => unknown;

const isLister = (method: Method): boolean => Object.prototype.toString.call(method) === '[object AsyncGeneratorFunction]';

/** A port whose every call, and every page of a list, goes through `around`. What is pure passes. @param own methods in the place of the port's */
export function wrapped<T extends object>(port: T, around: Around, pure: readonly string[] = [], own: Partial<T> = {}): T {
  return new Proxy(port, {
    get(target, name) {
      const method = Reflect.get(Object.hasOwn(own, name) ? own : target, name) as unknown;
      if (typeof method !== 'function' || typeof name !== 'string' || pure.includes(name)) return method;
      const call = method.bind(target) as Method;
      if (!isLister(method as Method)) {
        return async (...args: unknown[]) => {
          await around.before(name, args);
          return around.after(name, args, await call(...args));
        };
      }
      return async function* (...args: unknown[]) {
        const pages = (call(...args) as AsyncIterable<unknown>)[Symbol.asyncIterator]();
        for (;;) {
          await around.before(name, args);
          const page = await pages.next();
          if (page.done) return;
          yield await around.after(name, args, page.value);
        }
      };
    },
  });
}
