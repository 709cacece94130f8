import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import {
  credentials,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
} from "@grpc/grpc-js";
import engineGrpc from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import enginePb from "@pulumi/pulumi/proto/engine_pb.js";
import languageGrpc from "@pulumi/pulumi/proto/language_grpc_pb.js";
import languagePb from "@pulumi/pulumi/proto/language_pb.js";
import pluginPb from "@pulumi/pulumi/proto/plugin_pb.js";
import emptyPb from "google-protobuf/google/protobuf/empty_pb.js";
import { PROJECT_FOLDER } from "./project.ts";

const require = createRequire(import.meta.url);

/** The Pulumi Node.js SDK exits with this code when it has shown the user's mistake already (cmd/run/index.js). */
const EXITED_AFTER_MESSAGE = 32;
const MAX_MESSAGE_BYTES = 400 * 1024 * 1024;

/** A running language host; hand `PULUMI_DEBUG_LANGUAGES=nodejs:<port>` to the engine. */
export interface LanguageHost {
  readonly port: number;
  stop(): Promise<void>;
}

interface RunSettings {
  readonly engineAddress: string | undefined;
  readonly request: languagePb.RunRequest;
}

/** Starts the program the way the SDK expects it; resolves when the process ended and its output was delivered. */
function runProgram({ engineAddress, request }: RunSettings, signal: AbortSignal): Promise<languagePb.RunResponse> {
  const info = request.getInfo();
  const options = (info?.getOptions()?.toJavaScript() ?? {}) as Record<string, unknown>;
  const response = new languagePb.RunResponse();
  const engine = engineAddress === undefined ? undefined : connectEngine(engineAddress);

  return new Promise((resolve) => {
    const child = spawn(process.execPath, programArguments(request, engineAddress, options), {
      cwd: request.getPwd() || process.cwd(),
      env: programEnvironment(request, options),
      stdio: ["ignore", "pipe", "pipe"],
      signal,
    });
    const pending = [forwardLines(child.stdout, 1, engine), forwardLines(child.stderr, 2, engine)];
    const finish = async () => {
      await Promise.all(pending);
      engine?.close();
      resolve(response);
    };
    child.on("error", (error) => {
      response.setError(`the program could not be run: ${error.message}`);
      // An abort also reports "error", and "close" follows only when the process had started.
      if (child.pid === undefined) void finish();
    });
    child.on("close", (code, killedBy) => {
      if (code === EXITED_AFTER_MESSAGE) response.setBail(true);
      else if (code !== 0 && response.getError() === "")
        response.setError(
          killedBy === null ? `Program exited with non-zero exit code: ${code}` : `Program was stopped by ${killedBy}`,
        );
      void finish();
    });
  });
}

function programArguments(
  request: languagePb.RunRequest,
  engineAddress: string | undefined,
  options: Record<string, unknown>,
): string[] {
  const info = request.getInfo();
  const flag = (name: string, value: string | undefined) => (value ? [`--${name}`, value] : []);
  const nodeArguments = typeof options["nodeargs"] === "string" ? options["nodeargs"].split(/\s+/).filter(Boolean) : [];
  return [
    // Type stripping announces itself as experimental on older Node releases; that line says nothing to an owner.
    "--disable-warning=ExperimentalWarning",
    ...nodeArguments,
    require.resolve("@pulumi/pulumi/cmd/run/index.js"),
    ...flag("monitor", request.getMonitorAddress()),
    ...flag("engine", engineAddress),
    ...flag("organization", request.getOrganization()),
    ...flag("project", request.getProject()),
    ...flag("root-directory", info?.getRootDirectory()),
    ...flag("stack", request.getStack()),
    ...flag("pwd", request.getPwd()),
    ...(request.getDryrun() ? ["--dry-run"] : []),
    ...flag("parallel", String(request.getParallel())),
    info?.getEntryPoint() || request.getProgram() || ".",
    ...request.getArgsList(),
  ];
}

function programEnvironment(request: languagePb.RunRequest, options: Record<string, unknown>): NodeJS.ProcessEnv {
  const config = Object.fromEntries(request.getConfigMap().toArray());
  return {
    // Compiled code is kept between runs: loading the SDKs is most of what the start of a program costs.
    NODE_COMPILE_CACHE: join(PROJECT_FOLDER, "node_modules", ".cache", "node"),
    ...process.env,
    PULUMI_CONFIG: JSON.stringify(config),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
    ...(options["typescript"] === false ? {} : { PULUMI_NODEJS_TYPESCRIPT: "true" }),
    ...(typeof options["tsconfig"] === "string" ? { PULUMI_NODEJS_TSCONFIG_PATH: options["tsconfig"] } : {}),
  };
}

function connectEngine(address: string): engineGrpc.EngineClient {
  return new engineGrpc.EngineClient(address, credentials.createInsecure());
}

/** What a program prints appears in the engine's display, line by line and in order. */
async function forwardLines(
  stream: NodeJS.ReadableStream,
  streamId: number,
  engine: engineGrpc.EngineClient | undefined,
): Promise<void> {
  stream.setEncoding("utf8");
  let rest = "";
  for await (const chunk of stream) {
    const lines = `${rest}${chunk}`.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) await log(line, streamId, engine);
  }
  await log(rest, streamId, engine);
}

function log(line: string, streamId: number, engine: engineGrpc.EngineClient | undefined): Promise<void> {
  if (line.trim() === "") return Promise.resolve();
  if (engine === undefined) {
    process.stderr.write(`${line}\n`);
    return Promise.resolve();
  }
  const request = new enginePb.LogRequest();
  request.setSeverity(enginePb.LogSeverity.INFO);
  request.setMessage(line);
  request.setStreamid(streamId);
  // The display is gone when the engine is: a line that cannot be shown any more is no error.
  return new Promise((resolve) => engine.log(request, () => resolve()));
}

function about(): languagePb.AboutResponse {
  const response = new languagePb.AboutResponse();
  response.setExecutable(process.execPath);
  response.setVersion(process.version);
  return response;
}

/** The dependencies that package.json names, in the versions that are installed (for `pulumi about`). */
function programDependencies(directory: string): languagePb.GetProgramDependenciesResponse {
  const manifest = readJson(join(directory, "package.json"));
  const names = Object.keys({ ...asRecord(manifest["dependencies"]), ...asRecord(manifest["devDependencies"]) });
  const response = new languagePb.GetProgramDependenciesResponse();
  response.setDependenciesList(
    names.sort().map((name) => {
      const dependency = new languagePb.DependencyInfo();
      dependency.setName(name);
      const version = readJson(join(directory, "node_modules", name, "package.json"))["version"];
      dependency.setVersion(typeof version === "string" ? version : "");
      return dependency;
    }),
  );
  return response;
}

function readJson(path: string): Record<string, unknown> {
  try {
    return asRecord(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return {};
  }
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function installDependencies(
  call: ServerWritableStream<languagePb.InstallDependenciesRequest, languagePb.InstallDependenciesResponse>,
): void {
  const directory = call.request.getInfo()?.getProgramDirectory() || call.request.getDirectory();
  const child = spawn("npm", ["install"], { cwd: directory, stdio: ["ignore", "pipe", "pipe"] });
  const send = (set: "setStdout" | "setStderr") => (chunk: Buffer) => {
    const part = new languagePb.InstallDependenciesResponse();
    part[set](new Uint8Array(chunk));
    call.write(part);
  };
  child.stdout.on("data", send("setStdout"));
  child.stderr.on("data", send("setStderr"));
  child.on("error", (error) => call.destroy(new Error(`npm could not be run: ${error.message}`)));
  child.on("close", (code) =>
    code === 0 ? call.end() : call.destroy(new Error(`npm install exited with code ${code} in ${directory}`)),
  );
}

/**
 * Serves the LanguageRuntime protocol for Node.js programs, for engines that were built from source and therefore come without
 * `pulumi-language-nodejs`. The program runs on the Node.js that runs this process.
 */
export async function startLanguageHost(): Promise<LanguageHost> {
  // One engine process is one connection; it introduces itself by Handshake before it asks to run anything.
  const engines = new Map<string, string>();
  const running = new Set<AbortController>();
  const server = new Server({
    "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
    "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
  });
  const answer =
    <Q, R>(body: (request: Q, call: { peer: string; cancelled: AbortSignal }) => R | Promise<R>) =>
    (call: ServerUnaryCall<Q, R>, callback: sendUnaryData<R>): void => {
      const cancelled = new AbortController();
      call.on("cancelled", () => cancelled.abort());
      Promise.resolve()
        .then(() => body(call.request, { peer: call.getPeer(), cancelled: cancelled.signal }))
        .then(
          (value) => callback(null, value),
          (error: Error) => callback(error),
        );
    };

  server.addService(languageGrpc.LanguageRuntimeService, {
    handshake: answer((request: languagePb.LanguageHandshakeRequest, { peer }) => {
      engines.set(peer, request.getEngineAddress());
      return new languagePb.LanguageHandshakeResponse();
    }),
    getRequiredPackages: answer(() => new languagePb.GetRequiredPackagesResponse()),
    getRequiredPlugins: answer(() => new languagePb.GetRequiredPluginsResponse()),
    getPluginInfo: answer(() => {
      const info = new pluginPb.PluginInfo();
      info.setVersion(String(readJson(require.resolve("@pulumi/pulumi/package.json"))["version"] ?? ""));
      return info;
    }),
    about: answer(about),
    getProgramDependencies: answer((request: languagePb.GetProgramDependenciesRequest) =>
      programDependencies(request.getInfo()?.getProgramDirectory() || request.getPwd()),
    ),
    runtimeOptionsPrompts: answer(() => new languagePb.RuntimeOptionsResponse()),
    installDependencies,
    run: answer(async (request: languagePb.RunRequest, { peer, cancelled }) => {
      const stopped = new AbortController();
      running.add(stopped);
      try {
        const signal = AbortSignal.any([stopped.signal, cancelled]);
        return await runProgram({ engineAddress: engines.get(peer), request }, signal);
      } finally {
        running.delete(stopped);
      }
    }),
    cancel: answer(() => {
      for (const controller of running) controller.abort();
      return new emptyPb.Empty();
    }),
  });

  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return {
    port,
    stop: async () => {
      for (const controller of running) controller.abort();
      server.forceShutdown();
    },
  };
}
