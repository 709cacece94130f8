import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { Raw } from "./harness.ts";

describe("the simulate command", () => {
  const started: ChildProcess[] = [];
  afterEach(() => {
    for (const child of started.splice(0)) child.kill("SIGKILL");
  });

  const simulate = (...args: string[]) => {
    const child = spawn(process.execPath, ["commands/simulate.ts", ...args], { stdio: ["ignore", "pipe", "pipe"] });
    started.push(child);
    return child;
  };

  it.each([["25.10"], ["26.0"]])("prints what a client of %s needs, and stops when it is told to", async (version) => {
    const child = simulate(
      "--version",
      version,
      "--pool",
      "big:2T",
      "--dataset",
      "big/apps/a",
      "--insecure-port",
      "0",
      "--json",
    );
    const [line] = await once(child.stdout, "data");
    const facts = JSON.parse(String(line));
    expect(Object.keys(facts)).toEqual([
      "address",
      "url",
      "insecureUrl",
      "certificate",
      "fingerprint",
      "username",
      "apiKey",
      "password",
      "version",
    ]);
    expect(facts.version).toBe(version);
    expect(facts.apiKey).toMatch(/^1-[A-Za-z0-9]{64}$/);
    const raw = await Raw.openUrl(facts.url, facts.certificate);
    const login = { mechanism: "API_KEY_PLAIN", username: facts.username, api_key: facts.apiKey };
    expect((await raw.call("auth.login_ex", [login])).result.response_type).toBe("SUCCESS");
    const rows = (await raw.call("pool.dataset.query", [[], { select: ["id"], order_by: ["id"] }])).result;
    expect(rows).toEqual([{ id: "big" }, { id: "big/apps" }, { id: "big/apps/a" }]);
    const left = Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
    child.kill("SIGTERM");
    expect(await left).toEqual(["", "", [0, null]]);
  });

  it.each([
    [["--pool", "big"], '"big" is no pool. Write its name and size, for example big:10T.'],
    [["--pool", "big:many"], '"many" is no size. Write a number and a unit, for example 500G or 10T.'],
    [["--version", "24.04"], "Allowed choices are 25.10, 26.0."],
    [["--port", "99999"], '"99999" is outside 0 to 65535.'],
  ])("refuses %j and says why", async (args, reason) => {
    const child = simulate(...args);
    const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
    expect(out).toBe("");
    expect(err).toContain(reason);
    expect(err).not.toContain("    at ");
    expect(code).toBe(1);
  });

  it("says that a port is taken, without a stack", async () => {
    const first = simulate("--json");
    const { address } = JSON.parse(String((await once(first.stdout, "data"))[0]));
    const child = simulate("--port", address.split(":")[1]);
    const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
    expect(out).toBe("");
    expect(err).toMatch(/^simulate: .*EADDRINUSE/);
    expect(err).not.toContain("    at ");
    expect(code).toBe(1);
  });

  it("explains itself", async () => {
    const child = simulate("--help");
    expect(await text(child.stdout)).toContain("--version <version>");
  });
});
