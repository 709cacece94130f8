import { table } from "../terminal.ts";
import type { Measurement } from "./measure.ts";

const number = (value: number) => (Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 2 : 0));

function detail({ detail: facts }: Measurement): string {
  const parts = Object.entries(facts).map(([name, value]) => {
    const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
    return `${words} ${typeof value === "number" ? number(value) : value}`;
  });
  return parts.join(", ");
}

/** The measurements as lines of a table: what, how much, the goal, whether it was met, and from what. */
export function renderMeasurements(measurements: readonly Measurement[]): string[] {
  const rows = measurements.map((measured) => [
    measured.met ? "✔" : "✘",
    measured.what,
    measured.value === undefined ? "unknown here" : `${number(measured.value)} ${measured.unit}`,
    `<= ${number(measured.goal.atMost)}`,
    detail(measured),
  ]);
  return table([["", "what", "measured", "goal", "from"], ...rows]);
}
