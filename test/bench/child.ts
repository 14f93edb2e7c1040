import { fork } from 'node:child_process';
import { once } from 'node:events';

/** A part of the benchmark's world that lives in a process of its own, so that what it takes is not the app's. */
export interface Child {
  /** What it said when it was ready. */
  readonly ready: unknown;
  /** Asks it; several questions may be under way. @throws Error that the other side threw, by name and message */
  ask(question: object): Promise<unknown>;
  close(): void;
}

interface Message {
  readonly id: number;
  readonly answer?: unknown;
  readonly error?: { readonly name: string; readonly message: string };
}

/** Starts this bundle once more, in a role that {@link play} carries out. */
export async function startChild(role: string, options: object): Promise<Child> {
  const child = fork(__filename, [role, JSON.stringify(options)], {
    serialization: 'advanced',
    // A limit on the heap is the app's.
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const [{ answer: ready }] = (await once(child, 'message')) as [Message];
  const open = new Map<number, (message: Message) => void>();
  let questions = 0;
  child.on('message', (message: Message) => {
    open.get(message.id)?.(message);
    open.delete(message.id);
  });
  return {
    ready,
    async ask(question) {
      questions += 1;
      const id = questions;
      const { answer, error } = await new Promise<Message>((resolve) => {
        open.set(id, resolve);
        child.send({ id, question });
      });
      if (error) throw Object.assign(new Error(error.message), { name: error.name });
      return answer;
    },
    close: () => void child.kill('SIGKILL'),
  };
}

/** Plays a role until the parent ends. */
export function play<Question>(ready: unknown, answer: (question: Question) => unknown): void {
  process.on('message', async ({ id, question }: { readonly id: number; readonly question: Question }) => {
    try {
      process.send?.({ id, answer: await answer(question) });
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      process.send?.({ id, error: { name, message } });
    }
  });
  process.on('disconnect', () => process.exit(0));
  process.send?.({ id: 0, answer: ready });
}
