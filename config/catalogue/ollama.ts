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
    found: "The image names no user and so starts as root, with HOME /root; any other user serves as well.",
    date: "2026-11",
  },
  verify:
    "Its image starts as root, which exports squash, and /root is closed to other users. Run it as 1000:1000 with OLLAMA_MODELS on a mount outside /root, or as root with the supplementary group 1000.",
};
