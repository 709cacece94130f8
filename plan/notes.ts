import { type Problem, problem } from "../config/index.ts";
import type { Finding } from "./storage-plan.ts";

/** Collects what the plan has to say: refusals, which stop everything, and findings, which do not. */
export class Notes {
  readonly problems: Problem[] = [];
  readonly findings: Finding[] = [];

  /** Refuses a value: names where it stands, the rule and the way out. */
  refuse(path: string, value: unknown, rule: string, fix: string): void {
    this.problems.push(problem(path, value, rule, fix));
  }

  /** Something risky that the owner chose, or that nobody chose. */
  warn(path: string, text: string, fix: string): void {
    this.findings.push({ severity: "warning", path, text, fix });
  }

  /** Something worth knowing. */
  tell(path: string, text: string, fix: string): void {
    this.findings.push({ severity: "notice", path, text, fix });
  }
}
