import { defineConfig } from "vitest/config";

/** Cheapest level first: `unit` needs nothing, `provider` talks to the simulator, `rehearsal` needs a Pulumi engine. */
export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["test/unit/**/*.test.ts"], setupFiles: ["test/setup/console.ts"] } },
      {
        test: {
          name: "provider",
          include: ["test/provider/**/*.test.ts", "test/simulator/**/*.test.ts"],
          setupFiles: ["test/setup/console.ts"],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: "rehearsal",
          include: ["test/rehearsal/**/*.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      { test: { name: "conformance", include: ["test/conformance/**/*.test.ts"], testTimeout: 300_000, hookTimeout: 900_000 } },
    ],
  },
});
