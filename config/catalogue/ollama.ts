import type { CatalogueApp } from "./app.ts";

export const ollama: CatalogueApp = {
  name: "ollama",
  runAs: { uid: 1000, gid: 1000 },
  volumes: {
    models: { kind: "models", size: "500Gi", mount: "/root/.ollama/models" },
    cache: { kind: "cache", size: "50Gi", mount: "/tmp/ollama-cache" },
  },
  source: {
    url: "https://github.com/ollama/ollama/blob/main/Dockerfile",
    found:
      "The image names no user and so starts as root, with HOME /root. It serves just as well as any other user, and root would be squashed on the export.",
    date: "2026-11",
  },
};
