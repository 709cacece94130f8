import { createHash, X509Certificate } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Answer, type Probe, Raw, startProbe, versions } from "./harness.ts";
import { handshake } from "./scram-client.ts";

const day = 24 * 3_600_000;
const noon = Date.UTC(2026, 0, 1, 12);

describe.each(versions)("logging in to %s", (version) => {
  let probe: Probe;
  let raw: Raw;
  beforeEach(async () => {
    probe = await startProbe(version, { insecure: true, start: noon });
    raw = await Raw.open(probe);
  });
  afterEach(() => probe.stop());

  const login = async (data: Record<string, unknown>, client = raw): Promise<Answer> =>
    (await client.call("auth.login_ex", [data])).result;
  const byKey = (api_key = probe.apiKey, username = probe.username) => ({
    mechanism: "API_KEY_PLAIN",
    username,
    api_key,
  });
  const byPassword = (password = probe.password, username = probe.username) => ({
    mechanism: "PASSWORD_PLAIN",
    username,
    password,
  });

  it("is needed for all but a few methods", async () => {
    expect((await raw.call("auth.me")).error).toMatchObject({
      code: -32001,
      data: { error: 207, errname: "ENOTAUTHENTICATED", reason: "[ENOTAUTHENTICATED] Not authenticated" },
    });
    expect((await raw.call("core.ping")).result).toBe("pong");
    expect((await raw.call("system.boot_id")).result).toBe(probe.world.bootId);
  });

  it("works with a key, and tells who has logged in", async () => {
    const result = await login(byKey());
    expect(result).toMatchObject({
      response_type: "SUCCESS",
      authenticator: "LEVEL_1",
      user_info: {
        pw_name: "truenas_admin",
        pw_uid: 950,
        local: true,
        account_attributes: ["LOCAL", "SYS_ADMIN", "API_KEY"],
      },
    });
    expect(result.user_info.privilege.roles).toEqual(new Set(["FULL_ADMIN"]));
    expect("reconnect_token" in result).toBe(version === "26.0");
    expect((await raw.call("auth.me")).result).toEqual(result.user_info);
    expect(probe.stats.logins).toBe(1);
  });

  it("leaves the account out when it is not wanted", async () => {
    expect((await login({ ...byKey(), login_options: { user_info: false } })).user_info).toBeNull();
  });

  it("refuses what is wrong as a result, not as an error", async () => {
    expect(await login(byKey(`${probe.apiKey}x`))).toEqual({ response_type: "AUTH_ERR" });
    expect(await login(byKey("99-abc"))).toEqual({ response_type: "AUTH_ERR" });
    expect(await login(byKey("nonsense"))).toEqual({ response_type: "AUTH_ERR" });
    expect(await login(byKey(probe.apiKey, "root"))).toEqual({ response_type: "AUTH_ERR" });
    expect(await login(byPassword("wrong"))).toEqual({ response_type: "AUTH_ERR" });
    expect(await login(byPassword("x", "nobody-known"))).toEqual({ response_type: "AUTH_ERR" });
    expect(await login({ mechanism: "TOKEN_PLAIN", token: "wrong" })).toEqual({ response_type: "AUTH_ERR" });
    expect((await raw.call("auth.me")).error.data.error).toBe(207);
    expect(probe.stats.logins).toBe(0);
  });

  it("says that a key has expired", async () => {
    const key = probe.accounts.addKey(probe.username, "short", noon + day);
    expect((await login(byKey(key))).response_type).toBe("SUCCESS");
    probe.world.clock.advance(2 * day);
    expect(await login(byKey(key), await Raw.open(probe))).toEqual({ response_type: "EXPIRED" });
  });

  it("burns a key that was sent in the clear, for good", async () => {
    const clear = await Raw.openUrl(`ws://${probe.insecureEndpoint}/api/current`);
    expect(await login(byKey(), clear)).toEqual({ response_type: "EXPIRED" });
    expect(await login(byKey())).toEqual({ response_type: "AUTH_ERR" });
    expect(probe.world.directory.apiKeys[0]).toMatchObject({
      revoked: true,
      revokedReason: "Attempt to use over an insecure transport",
    });
  });

  it("takes a password, and after it a one-time token where the account has one", async () => {
    expect((await login(byPassword())).response_type).toBe("SUCCESS");
    probe.accounts.setPassword(probe.username, { password: "p", otpToken: "123456" });
    const other = await Raw.open(probe);
    expect(await login(byPassword("p"), other)).toEqual({ response_type: "OTP_REQUIRED", username: "truenas_admin" });
    expect((await other.call("auth.login_ex", [byKey()])).error.data.error).toBe(16);
    const wrong = { mechanism: "OTP_TOKEN", otp_token: "000000" };
    expect((await other.call("auth.login_ex_continue", [wrong])).result.response_type).toBe("OTP_REQUIRED");
    const right = { mechanism: "OTP_TOKEN", otp_token: "123456" };
    expect((await other.call("auth.login_ex_continue", [right])).result.response_type).toBe("SUCCESS");
  });

  it("gives up after three wrong one-time tokens, and never starts with one", async () => {
    const token = { mechanism: "OTP_TOKEN", otp_token: "000000" };
    expect((await raw.call("auth.login_ex", [token])).error.data.error).toBe(22);
    probe.accounts.setPassword(probe.username, { password: "p", otpToken: "123456" });
    await login(byPassword("p"));
    const types: string[] = [];
    for (let i = 0; i < 3; i += 1) types.push((await login(token)).response_type);
    expect(types).toEqual(["OTP_REQUIRED", "OTP_REQUIRED", "AUTH_ERR"]);
  });

  it("works in the older ways, which answer true or false", async () => {
    expect((await raw.call("auth.login", [probe.username, "wrong"])).result).toBe(false);
    expect((await raw.call("auth.login", [probe.username, probe.password])).result).toBe(true);
    expect((await (await Raw.open(probe)).call("auth.login_with_api_key", ["1-x"])).result).toBe(false);
    expect((await (await Raw.open(probe)).call("auth.login_with_api_key", [probe.apiKey])).result).toBe(true);
    const token = (await raw.call("auth.generate_token")).result;
    expect((await (await Raw.open(probe)).call("auth.login_with_token", ["no"])).result).toBe(false);
    expect((await (await Raw.open(probe)).call("auth.login_with_token", [token])).result).toBe(true);
    probe.accounts.setPassword(probe.username, { password: "p", otpToken: "123456" });
    expect((await (await Raw.open(probe)).call("auth.login", [probe.username, "p"])).result).toBe(false);
    expect((await (await Raw.open(probe)).call("auth.login", [probe.username, "p", "123456"])).result).toBe(true);
  });

  it("works with a token as long as it is used, and once where it is for once", async () => {
    await login(byKey());
    const token = (await raw.call("auth.generate_token", [60])).result;
    const single = (await raw.call("auth.generate_token", [600, {}, true, true])).result;
    const download = (await raw.call("auth.generate_token", [600, { job: 1 }])).result;
    const by = (text: string) => ({ mechanism: "TOKEN_PLAIN", token: text });
    const first = await Raw.open(probe);
    expect((await login(by(token), first)).response_type).toBe("SUCCESS");
    probe.world.clock.advance(50_000);
    expect((await first.call("probe.echo", [1])).result).toBe(1);
    probe.world.clock.advance(50_000);
    expect((await first.call("probe.echo", [1])).result).toBe(1);
    probe.world.clock.advance(61_000);
    expect((await first.call("probe.echo", [1])).error.data.error).toBe(207);
    expect((await login(by(single), await Raw.open(probe))).response_type).toBe("SUCCESS");
    expect((await login(by(single), await Raw.open(probe))).response_type).toBe("AUTH_ERR");
    expect((await login(by(download), await Raw.open(probe))).response_type).toBe("AUTH_ERR");
  });

  it("ends with auth.logout", async () => {
    await login(byKey());
    expect((await raw.call("auth.logout")).result).toBe(true);
    expect((await raw.call("auth.me")).error.data.error).toBe(207);
  });

  it("is listed among the sessions while it lasts", async () => {
    await login(byKey());
    const other = await Raw.login(probe);
    const rows = (await raw.call("auth.sessions")).result;
    expect(rows.map((row: Answer) => [row.current, row.credentials, row.secure_transport])).toEqual([
      [true, "API_KEY", true],
      [false, "LOGIN_PASSWORD", true],
    ]);
    expect(rows[0].credentials_data).toMatchObject({ username: "truenas_admin", api_key: { id: 1, name: "probe" } });
    expect((await raw.call("auth.terminate_session", [rows[1].id])).result).toBe(true);
    expect((await other.closed).code).toBe(1006);
    expect((await raw.call("auth.sessions", [[], { count: true }])).result).toBe(1);
  });

  it("tells the mechanisms, before login on 26 only", async () => {
    const { result, error } = await raw.call("auth.mechanism_choices");
    if (version === "26.0") expect(result).toEqual(["API_KEY_PLAIN", "TOKEN_PLAIN", "PASSWORD_PLAIN", "SCRAM"]);
    else expect(error).toMatchObject({ code: -32001, data: { error: 22, trace: { class: "AttributeError" } } });
    await login(byKey());
    expect((await raw.call("auth.mechanism_choices")).result).toContain("API_KEY_PLAIN");
  });

  it("by SCRAM exists on 26 only", async () => {
    const message = {
      mechanism: "SCRAM",
      scram_type: "CLIENT_FIRST_MESSAGE",
      rfc_str: handshake(probe.username, probe.apiKey).first,
    };
    const { result, error } = await raw.call("auth.login_ex", [message]);
    if (version === "26.0") expect(result.response_type).toBe("SCRAM_RESPONSE");
    else expect(error.code).toBe(-32602);
  });

  it("needs a role: without any it is denied, which 25.10 calls an authentication error", async () => {
    probe.world.directory.addUser({ uid: 3000, username: "plain" });
    probe.accounts.setPassword("plain", { password: "p" });
    expect(await login(byPassword("p", "plain"))).toEqual({
      response_type: version === "26.0" ? "DENIED" : "AUTH_ERR",
    });
  });

  it("lasts thirty days", async () => {
    await login(byKey());
    probe.world.clock.advance(31 * day);
    expect((await raw.call("probe.echo", [1])).error.data).toMatchObject({
      error: 13,
      reason: "[EACCES] Session is expired",
    });
  });
});

describe("SCRAM", () => {
  let probe: Probe;
  let raw: Raw;
  beforeEach(async () => {
    probe = await startProbe("26.0");
    raw = await Raw.open(probe);
  });
  afterEach(() => probe.stop());

  const step = async (scram_type: string, rfc_str: string): Promise<Answer> =>
    raw.call("auth.login_ex", [{ mechanism: "SCRAM", scram_type, rfc_str }]);
  const endPoint = (): Buffer => createHash("sha256").update(new X509Certificate(probe.certificate).raw).digest();

  it.each([["unbound"], ["bound to the channel"]])("proves both sides, %s", async (how) => {
    const client = handshake(probe.username, probe.apiKey, how === "unbound" ? undefined : endPoint());
    const { result: first } = await step("CLIENT_FIRST_MESSAGE", client.first);
    expect(first).toMatchObject({
      response_type: "SCRAM_RESPONSE",
      scram_type: "SERVER_FIRST_RESPONSE",
      user_info: null,
    });
    expect(first.rfc_str).toMatch(/^r=[^,]+,s=[^,]{24},i=50000$/);
    const nonce = Buffer.from(first.rfc_str.slice(2).split(",")[0], "base64");
    expect(nonce).toHaveLength(64);
    expect(nonce.subarray(0, 32).equals(client.nonce)).toBe(true);
    const { final, expected } = client.answer(first.rfc_str);
    const { result } = await step("CLIENT_FINAL_MESSAGE", final);
    expect(result).toMatchObject({
      response_type: "SCRAM_RESPONSE",
      scram_type: "SERVER_FINAL_RESPONSE",
      rfc_str: expected,
    });
    expect(result.user_info.pw_name).toBe("truenas_admin");
    expect((await raw.call("auth.me")).result.pw_name).toBe("truenas_admin");
  });

  it("refuses a wrong key, another certificate's binding and a changed proof", async () => {
    const attempts = [
      handshake(probe.username, `${probe.apiKey}x`),
      handshake(probe.username, probe.apiKey, Buffer.alloc(32, 7)),
    ];
    for (const client of attempts) {
      const first = (await step("CLIENT_FIRST_MESSAGE", client.first)).result.rfc_str;
      expect((await step("CLIENT_FINAL_MESSAGE", client.answer(first).final)).result).toEqual({
        response_type: "AUTH_ERR",
      });
    }
    expect((await raw.call("auth.me")).error.data.error).toBe(207);
  });

  it.each([
    ["an unknown user", () => handshake("stranger", probe.apiKey).first],
    ["an unknown key", () => handshake(probe.username, "77-abc").first],
    ["no key", () => `n,,n=${probe.username},r=${Buffer.alloc(32).toString("base64")}`],
    ["a short nonce", () => `n,,n=${probe.username}:1,r=abcd`],
    [
      "a client that was told there is no binding",
      () => handshake(probe.username, probe.apiKey).first.replace("n,,", "y,,"),
    ],
    ["something else", () => "hello"],
  ])("refuses %s", async (_what, message) => {
    expect((await step("CLIENT_FIRST_MESSAGE", message())).result).toEqual({ response_type: "AUTH_ERR" });
  });

  it("does not end before it began", async () => {
    expect((await step("CLIENT_FINAL_MESSAGE", "c=biws,r=a,p=b")).error).toMatchObject({
      code: -32001,
      data: { error: 14 },
    });
  });
});

describe("guessing", () => {
  it("costs time at every refusal", async () => {
    const probe = await startProbe("26.0", { penaltyMs: 80 });
    const raw = await Raw.open(probe);
    const before = performance.now();
    await raw.call("auth.login_ex", [{ mechanism: "TOKEN_PLAIN", token: "x" }]);
    expect(performance.now() - before).toBeGreaterThanOrEqual(79);
    await probe.stop();
  });

  it("is limited to 20 calls a minute per method, for those who are not logged in", async () => {
    const probe = await startProbe("25.10", { start: noon });
    const raw = await Raw.open(probe);
    for (let i = 0; i < 20; i += 1) expect((await raw.call("core.ping")).result).toBe("pong");
    expect((await raw.call("core.ping")).error).toMatchObject({
      code: -32001,
      data: { error: 16, errname: "EBUSY", reason: "[EBUSY] Rate Limit Exceeded" },
    });
    expect((await raw.call("system.boot_id")).result).toBe(probe.world.bootId);
    for (let i = 0; i < 30; i += 1) expect((await raw.call("core.set_options", [{}])).result.legacy_jobs).toBe(true);
    expect((await (await Raw.open(probe)).call("core.ping")).error.data.error).toBe(16);
    const member = await Raw.login(probe);
    for (let i = 0; i < 30; i += 1) expect((await member.call("core.ping")).result).toBe("pong");
    probe.world.clock.advance(60_000);
    expect((await raw.call("core.ping")).result).toBe("pong");
    await probe.stop();
  });
});

describe("roles", () => {
  let probe: Probe;
  beforeEach(async () => {
    probe = await startProbe("26.0");
    probe.world.directory.addGroup({ gid: 4000, name: "writers", roles: ["PROBE_WRITE"] });
    probe.world.directory.addUser({ uid: 4001, username: "reader", groups: ["truenas_readonly_administrators"] });
    probe.world.directory.addUser({ uid: 4002, username: "writer", groups: ["writers"] });
  });
  afterEach(() => probe.stop());

  const as = async (username: string): Promise<Raw> => {
    const raw = await Raw.open(probe);
    const api_key = probe.accounts.addKey(username, username);
    await raw.call("auth.login_ex", [{ mechanism: "API_KEY_PLAIN", username, api_key }]);
    return raw;
  };

  it("decide who may call what", async () => {
    const reader = await as("reader");
    const refusal = { code: -32001, data: { error: 13, errname: "EACCES", reason: "[EACCES] Not authorized" } };
    expect((await reader.call("probe.admin")).error).toMatchObject(refusal);
    expect((await reader.call("probe.hidden")).error).toMatchObject(refusal);
    expect((await reader.call("probe.echo", [1])).result).toBe(1);
    const admin = await Raw.login(probe);
    expect((await admin.call("probe.admin")).result).toBe("done");
    expect((await admin.call("probe.hidden")).result).toBe("hidden");
  });

  it("decide who sees secrets: full administrators and writers", async () => {
    const hidden = [{ id: 1, password: "********", nested: [{ token: "********", plain: "p" }], empty: null }];
    const open = [{ id: 1, password: "hunter2", nested: [{ token: "t", plain: "p" }], empty: null }];
    expect((await (await as("reader")).call("probe.query")).result).toEqual(hidden);
    expect((await (await as("writer")).call("probe.query")).result).toEqual(open);
    expect((await (await Raw.login(probe)).call("probe.query")).result).toEqual(open);
  });

  it("decide what core.get_methods lists", async () => {
    const admin = (await (await Raw.login(probe)).call("core.get_methods", ["probe"])).result;
    expect(Object.keys(admin)).toContain("probe.admin");
    expect(Object.keys(admin)).not.toContain("probe.hidden");
    const reader = (await (await as("reader")).call("core.get_methods", ["probe"])).result;
    expect(Object.keys(reader)).toContain("probe.query");
    expect(Object.keys(reader)).not.toContain("probe.admin");
    expect(reader["probe.job"].job).toBe(true);
  });
});
