import { CallError, errno } from "../errors.ts";
import { mountpointOf } from "../world/dataset.ts";
import type { Place } from "../world/files.ts";
import { fullMode } from "../world/nodes.ts";
import type { World } from "../world/world.ts";
import type { Row } from "./crud.ts";
import { formatSize } from "./dataset-row.ts";
import { resolvePath } from "./paths.ts";

const deviceOf = (place: Place): number => 40 + place.dataset.txg;

const sizeOf = (place: Place): number =>
  place.node.kind === "FILE" ? place.node.size : place.node.kind === "DIRECTORY" ? place.node.children.size + 2 : 0;

const common = (place: Place): Row => {
  const { node, relative } = place;
  const size = sizeOf(place);
  const isMountpoint = relative === "";
  return {
    type: node.kind,
    size,
    allocation_size: Math.ceil(size / 512) * 512,
    mode: fullMode(node),
    mount_id: deviceOf(place),
    uid: node.uid,
    gid: node.gid,
    acl: node.acl !== undefined,
    is_mountpoint: isMountpoint,
    is_ctldir: false,
    attributes: isMountpoint ? ["MOUNT_ROOT"] : [],
  };
};

/** What filesystem.stat answers. Throws CallError ENOENT for a path that leads nowhere. */
export function statRow(world: World, path: string): Row {
  if (!path.startsWith("/")) throw new CallError(`${path}: path must be absolute`, errno.EINVAL);
  if (path === "/mnt" || path === "/mnt/") return mountRoot;
  const found = resolvePath(world, path);
  if (!found) throw new CallError(`Path ${path} not found`, errno.ENOENT);
  const { node } = found.place;
  return {
    realpath: found.realpath,
    ...common(found.place),
    atime: node.modified / 1000,
    mtime: node.modified / 1000,
    ctime: node.changed / 1000,
    btime: node.born / 1000,
    dev: deviceOf(found.place),
    inode: node.inode,
    nlink: node.kind === "DIRECTORY" ? 2 : 1,
    user: world.directory.userName(node.uid),
    group: world.directory.groupName(node.gid),
  };
}

const mountRoot: Row = {
  realpath: "/mnt",
  type: "DIRECTORY",
  size: 2,
  allocation_size: 512,
  mode: 0o040755,
  mount_id: 30,
  uid: 0,
  gid: 0,
  acl: false,
  is_mountpoint: false,
  is_ctldir: false,
  attributes: [],
  atime: 0,
  mtime: 0,
  ctime: 0,
  btime: 0,
  dev: 30,
  inode: 2,
  nlink: 2,
  user: "root",
  group: "root",
};

/** One row of filesystem.listdir, which is also what mkdir answers. */
export const entryRow = (path: string, place: Place): Row => ({
  name: path.slice(path.lastIndexOf("/") + 1),
  path,
  realpath: path,
  ...common(place),
  xattrs: [],
  zfs_attrs: ["ARCHIVE"],
});

/** What filesystem.statfs answers. */
export function statfsRow(world: World, path: string): Row {
  const place = world.files.find(path);
  if (!place) throw new CallError("Path not found.", errno.ENOENT);
  const { dataset } = place;
  const space = world.storage.space(dataset);
  const blocksize = 131_072;
  const blocks = (bytes: number): number => Math.floor(bytes / blocksize);
  const total = blocks(space.available + space.usedbydataset);
  const free = blocks(space.available);
  const acltype = world.storage.effective(dataset, "acltype").raw;
  const acl = { nfsv4: "NFS4ACL", posix: "POSIXACL" }[acltype] ?? "NOACL";
  const readonly = world.storage.effective(dataset, "readonly").raw === "on";
  const sensitive = world.storage.effective(dataset, "casesensitivity").raw === "sensitive";
  const number = (name: string, count: number): Row => ({ [name]: count, [`${name}_str`]: String(count) });
  return {
    flags: [readonly ? "RO" : "RW", "XATTR", acl, sensitive ? "CASESENSITIVE" : "CASEINSENSITIVE"],
    fsid: dataset.guid.slice(-12),
    fstype: "zfs",
    source: dataset.name,
    dest: mountpointOf(dataset.name),
    blocksize,
    files: free * 256 + 8,
    free_files: free * 256,
    name_max: 255,
    ...number("total_blocks", total),
    ...number("free_blocks", free),
    ...number("avail_blocks", free),
    total_bytes: total * blocksize,
    free_bytes: free * blocksize,
    avail_bytes: free * blocksize,
    total_bytes_str: formatSize(total * blocksize),
    free_bytes_str: formatSize(free * blocksize),
    avail_bytes_str: formatSize(free * blocksize),
  };
}
