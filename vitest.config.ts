import { defineConfig } from "vitest/config";

const loopback = "test/setup/loopback.ts";
const quiet = "test/setup/console.ts";

/** Cheapest level first: `unit` needs nothing, `provider` talks to the simulator, `rehearsal` needs a Pulumi engine. */
export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["test/unit/**/*.test.ts"], setupFiles: [loopback, quiet] } },
      {
        test: {
          name: "provider",
          include: ["test/provider/**/*.test.ts", "test/simulator/**/*.test.ts"],
          setupFiles: [loopback, quiet],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: "rehearsal",
          include: ["test/rehearsal/**/*.test.ts"],
          setupFiles: [loopback],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "conformance",
          include: ["test/conformance/**/*.test.ts"],
          setupFiles: [loopback],
          testTimeout: 300_000,
          hookTimeout: 900_000,
        },
      },
    ],
  },
});
