/** A problem that the user can solve: shown as its message alone, never with a stack trace. */
export class Failure extends Error {
  override readonly name = "Failure";
}

/** Runs a command to its exit code; a `Failure` becomes one message on stderr and exit code 1. */
export async function runCommand(body: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await body();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    process.stderr.write(`\nerror: ${error.message}\n`);
    process.exitCode = 1;
  }
}
