import { describe, expect, test } from "vitest";
import { hostOf, isLocal } from "../../setup/loopback.ts";

describe("the loopback guard", () => {
  test.each(["localhost", "127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1", ""])("%j is this machine", (host) => {
    expect(isLocal(host)).toBe(true);
  });

  test.each(["10.10.10.20", "192.0.2.1", "example.org", "128.0.0.1", "127.0.0.1.example.org", "fe80::1"])(
    "%j is another machine",
    (host) => {
      expect(isLocal(host)).toBe(false);
    },
  );

  test("the host is found in every form of connect", () => {
    expect(hostOf([443, "10.10.10.20"])).toBe("10.10.10.20");
    expect(hostOf([{ port: 443, host: "10.10.10.20" }])).toBe("10.10.10.20");
    expect(hostOf([[{ port: 443, host: "10.10.10.20" }, null]])).toBe("10.10.10.20");
    expect(hostOf([{ path: "/run/docker.sock" }])).toBe("");
    expect(hostOf(["/run/docker.sock"])).toBe("");
    expect(hostOf(["443", "10.10.10.20"])).toBe("10.10.10.20");
    expect(hostOf([443])).toBe("");
  });
});
