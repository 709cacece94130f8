/**
 * Ends this process when the one that started it is gone. An engine that was killed tells nobody; what its plugin went on
 * doing would meet the next run.
 *
 * @param pollMs milliseconds between two looks. Default 500.
 */
export function endWithParent(pollMs = 500): void {
  const parent = process.ppid;
  const look = (): void => {
    if (process.ppid !== parent) process.exit(1);
  };
  setInterval(look, pollMs).unref();
}
