import { describe, expect, test } from "vitest";
import { unknown } from "../../../providers/base/values.ts";
import { checkInputs } from "../../../providers/truenas/resources/check.ts";
import { importCommand, prepareImportCommand } from "../../../providers/truenas/resources/context.ts";
import { dataset } from "../../../providers/truenas/resources/dataset.ts";
import type { AnyDefinition } from "../../../providers/truenas/resources/definition.ts";
import { snapshotTask } from "../../../providers/truenas/resources/snapshot-task.ts";

const check = (
  definition: unknown,
  given: Parameters<typeof checkInputs>[2],
  old: Parameters<typeof checkInputs>[1] = {},
) => checkInputs(definition as AnyDefinition, old, given);

describe("what a program may ask for", () => {
  test("defaults are filled in and nothing else is touched", () => {
    expect(check(dataset, { name: "tank/a" })).toEqual({
      inputs: { name: "tank/a", onDelete: "retain" },
      failures: [],
    });
  });

  test("every problem is told at once, with the property it belongs to", () => {
    const { failures } = check(dataset, { name: "tank", quota: 5, sync: "FAST", recordsizes: "1M" });
    expect(failures?.map(({ property }) => property)).toEqual(["recordsizes", "name", "sync", "quota"]);
    expect(failures?.[0]?.reason).toBe("is no property of this resource; did you mean recordsize?");
    expect(failures?.[1]?.reason).toContain("below a pool");
    expect(failures?.[3]?.reason).toContain("1 GiB");
  });

  test("a missing required property says so", () => {
    expect(check(dataset, {}).failures).toEqual([{ property: "name", reason: "is required" }]);
  });

  test("unknown values pass, and hide nothing else", () => {
    const { inputs, failures } = check(dataset, { name: unknown, quota: 5 });
    expect(inputs["name"]).toBe(unknown);
    expect(failures?.map(({ property }) => property)).toEqual(["quota"]);
  });

  test("a dataset is never renamed or replaced: the change is refused with the way out", () => {
    const old = { name: "tank/a", casesensitivity: "SENSITIVE", onDelete: "retain" };
    const { failures } = check(dataset, { name: "tank/b", casesensitivity: "INSENSITIVE" }, old);
    expect(failures?.map(({ property }) => property)).toEqual(["name", "casesensitivity"]);
    expect(failures?.[0]?.reason).toContain('cannot change from "tank/a" to "tank/b"');
    expect(failures?.[0]?.reason).toContain("its bytes stay");
    expect(check(dataset, old, old).failures).toEqual([]);
  });

  test("rules across properties", () => {
    expect(check(dataset, { name: "tank/a", acltype: "POSIX", aclmode: "PASSTHROUGH" }).failures?.[0]?.property).toBe(
      "aclmode",
    );
    expect(check(dataset, { name: "tank/a", acltype: "NFSV4", aclmode: "DISCARD" }).failures?.[0]?.property).toBe(
      "aclmode",
    );
    expect(check(dataset, { name: "tank/a", acltype: "POSIX", aclmode: "DISCARD" }).failures).toEqual([]);
    const task = { dataset: "tank/a", exclude: ["tank/b"], recursive: true };
    expect(check(snapshotTask, task).failures?.[0]).toEqual({
      property: "exclude[0]",
      reason: "tank/b is no descendant of tank/a",
    });
    expect(check(snapshotTask, { dataset: "tank/a", exclude: ["tank/a/b"] }).failures?.[0]?.property).toBe("exclude");
  });
});

describe("the import command", () => {
  test("names parent and provider, so that it works as it is", () => {
    const urn =
      "urn:pulumi:homelab::homelab-storage::homelab:truenas:NasStorage$truenas:index:Dataset::nas-dataset-ollama";
    const provider = "urn:pulumi:homelab::homelab-storage::pulumi:providers:truenas::truenas";
    expect(importCommand(urn, "truenas:index:Dataset", "big/apps/ollama", provider)).toBe(
      "pulumi import truenas:index:Dataset nas-dataset-ollama big/apps/ollama " +
        "--parent parent=urn:pulumi:homelab::homelab-storage::homelab:truenas:NasStorage::nas " +
        `--provider truenas=${provider} --stack homelab --generate-code=false --protect=false`,
    );
  });

  test("needs provider and parent in the state, which a second command puts there", () => {
    const urn =
      "urn:pulumi:homelab::homelab-storage::homelab:truenas:NasStorage$truenas:index:Dataset::nas-dataset-ollama";
    expect(prepareImportCommand(urn, "urn:pulumi:homelab::homelab-storage::pulumi:providers:truenas::truenas")).toBe(
      "pulumi up --target urn:pulumi:homelab::homelab-storage::pulumi:providers:truenas::truenas " +
        "--target urn:pulumi:homelab::homelab-storage::homelab:truenas:NasStorage::nas --stack homelab",
    );
  });

  test("quotes what a shell would split", () => {
    const urn = "urn:pulumi:dev::p::truenas:index:Dataset::my data";
    expect(importCommand(urn, "truenas:index:Dataset", "tank/it's", undefined)).toBe(
      `pulumi import truenas:index:Dataset 'my data' 'tank/it'\\''s' --stack dev --generate-code=false --protect=false`,
    );
  });
});
