import { fileURLToPath } from "node:url";

/** The folder with Pulumi.yaml, wherever a command is started. */
export const PROJECT_FOLDER: string = fileURLToPath(new URL("..", import.meta.url)).replace(/[\\/]$/, "");

/** As in Pulumi.yaml; the namespace of its configuration. */
export const PROJECT_NAME = "homelab-storage";
