import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { archiveName, downloadEngine } from "../../../commands/engine/download.ts";

let root: string;
let server: Server;
let files: Map<string, Buffer>;
let origin: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "homelab-download-test-"));
  files = new Map();
  server = createServer((request, response) => {
    const body = files.get(request.url ?? "");
    response.writeHead(body === undefined ? 403 : 200).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(root, { recursive: true, force: true });
});

const name = archiveName(process.platform, process.arch) ?? "";

async function publish(checksum?: string): Promise<void> {
  await mkdir(join(root, "pulumi"));
  await writeFile(join(root, "pulumi", "pulumi"), "engine");
  execFileSync("tar", ["-czf", "archive", "pulumi"], { cwd: root });
  const data = await readFile(join(root, "archive"));
  files.set(`/${name}`, data);
  const hash = checksum ?? createHash("sha256").update(data).digest("hex");
  files.set("/checksums", Buffer.from(`${hash}  ${name}\n`));
}

const download = () =>
  downloadEngine(join(root, "cache", "engine"), () => {}, { archives: origin, checksums: `${origin}/checksums` });

test("a release with the published checksum is unpacked into the folder", async () => {
  await publish();
  await download();
  expect(await readFile(join(root, "cache", "engine", "pulumi"), "utf8")).toBe("engine");
  expect(await readdir(join(root, "cache"))).toEqual(["engine"]);
});

test("a release with another checksum is refused and leaves nothing behind", async () => {
  await publish("0".repeat(64));
  await expect(download()).rejects.toThrow(/does not have the published checksum/);
  expect(existsSync(join(root, "cache", "engine"))).toBe(false);
});

test("a refused download says what is missing and what to do", async () => {
  const message = await download().catch((error: Error) => error.message);
  expect(message).toMatch(/could not be downloaded from http:\/\/127\.0\.0\.1:\d+\/.*: the server answered 403/);
  expect(message).toContain("install Pulumi 3.250.0 or later");
  expect(message).toContain("install Go");
});
