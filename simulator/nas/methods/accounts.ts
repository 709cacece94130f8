import type { Method } from "../method.ts";
import { apiKeyMethods } from "./api-keys.ts";
import { groupMethods } from "./groups.ts";
import { privilegeMethods } from "./privileges.ts";
import { userMethods } from "./users.ts";

/** Who there is and what they may do. */
export const accountMethods: readonly Method[] = [
  ...userMethods,
  ...groupMethods,
  ...privilegeMethods,
  ...apiKeyMethods,
];
