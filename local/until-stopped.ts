/** Ctrl-C reaches every process of the terminal and is passed on by some: what comes so soon after is the same wish. */
const SAME_WISH_MS = 1_000;

/** Settles when the user wants to end: Ctrl-C or a termination signal. A second one, a while later, ends at once. */
export function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    let askedAt: number | undefined;
    const stop = (): void => {
      if (askedAt !== undefined && Date.now() - askedAt > SAME_WISH_MS) process.exit(130);
      askedAt ??= Date.now();
      resolve();
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
  });
}
