import fc from "fast-check";
import { expect, test } from "vitest";
import { formatSize, parseSize } from "../../../config/index.ts";

test.each([
  ["1Gi", 1073741824],
  ["500Gi", 536870912000],
  ["1024Mi", 1073741824],
  ["2Ti", 2199023255552],
  ["1Pi", 1125899906842624],
])("%s is %d bytes", (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

test.each(["", "5", "5G", "5GB", "5GiB", "1.5Gi", "-1Gi", "0Gi", "01Gi", " 1Gi", "8Pi", "9999999Ti"])(
  "%j is no size",
  (text) => {
    expect(parseSize(text)).toBeUndefined();
  },
);

test("what is written is read back", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 22 }), (mebibytes) => {
      const bytes = mebibytes * 2 ** 20;
      expect(parseSize(formatSize(bytes))).toBe(bytes);
    }),
  );
});

test("bytes that no unit divides are shown as bytes", () => {
  expect(formatSize(1000)).toBe("1000 bytes");
});
