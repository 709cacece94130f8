import { ProviderError } from "../../base/errors.ts";
import type { Row } from "../client/client.ts";
import { NotFoundError } from "../client/errors.ts";
import type { ResourceContext } from "./context.ts";

/** Keeps a snapshot, or destroys one that the owner gave up in words and that nobody holds. */
export async function destroySnapshot(
  context: ResourceContext,
  id: string,
  onDelete: string | undefined,
  recursive: boolean,
): Promise<void> {
  if (onDelete !== "destroy") {
    context.log("info", `snapshot ${id} stays on the NAS; only the program forgets it`);
    return;
  }
  const [dataset = "", name = ""] = id.split("@");
  const below = recursive ? [["dataset", "^", `${dataset}/`]] : [];
  const filters = [
    ["snapshot_name", "=", name],
    ["OR", [["dataset", "=", dataset], ...below]],
  ];
  const rows = await context.nas.call<Row[]>("pool.snapshot.query", [filters, { extra: { holds: true } }], {
    signal: context.signal,
  });
  if (!rows.some((row) => row["id"] === id)) return;
  const held = rows.filter((row) => Object.keys(row["holds"] ?? {}).length > 0).map((row) => String(row["id"]));
  if (held.length > 0) {
    throw new ProviderError(
      "FAILED_PRECONDITION",
      `snapshot ${id} is not destroyed, because ${held.join(", ")} is held. Write hold: false and run up first, or release it on the NAS.`,
    );
  }
  try {
    await context.nas.call("pool.snapshot.delete", [id, { recursive }], { signal: context.signal });
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
}
