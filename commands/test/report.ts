export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

interface JsonReport {
  readonly numPassedTests?: number;
  readonly numFailedTests?: number;
  readonly testResults?: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

/** Counts of a vitest JSON report. A file that failed outside its tests (an import, a hook) counts as one failure. */
export function countTests(report: JsonReport, exitCode: number): Counts {
  const broken = (report.testResults ?? []).filter(
    ({ status, assertionResults }) => status === "failed" && !assertionResults.some((test) => test.status === "failed"),
  );
  const failed = (report.numFailedTests ?? 0) + broken.length;
  // An unhandled error, or a report that was never written, leaves only the exit code.
  return { passed: report.numPassedTests ?? 0, failed: failed === 0 && exitCode !== 0 ? 1 : failed };
}
