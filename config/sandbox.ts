import type { Config } from "./config.ts";
import { isLoopback } from "./network.ts";
import { type Problem, problem } from "./problem.ts";

/** A stack that is marked as a sandbox never reaches out to a real system. */
export function checkSandbox(config: Config, problems: Problem[]): void {
  if (!config.sandbox || isLoopback(config.nas.endpoint)) return;
  problems.push(
    problem(
      "nas.endpoint",
      config.nas.endpoint,
      "A stack with sandbox: true only contacts loopback addresses.",
      "Write endpoint: 127.0.0.1:4443 (where npm run simulate listens), or remove sandbox for the real environment.",
    ),
  );
}
