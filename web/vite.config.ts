import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** The homeserver that `npm run dev` talks to; in production it serves this client itself. */
const homeserver = process.env["HOMESERVER"] ?? "http://127.0.0.1:8008";

export default defineConfig({
  plugins: [react()],
  base: "./",
  build: {
    outDir: "dist",
    target: "es2023",
    sourcemap: false,
    assetsInlineLimit: 0,
    rolldownOptions: {
      // What changes with React's versions, not with ours, stays in the browser's cache.
      output: {
        codeSplitting: {
          groups: [{ name: "vendor", test: /node_modules[\\/](?:react|react-dom|scheduler|radix-ui|@radix-ui|@floating-ui|i18next|react-i18next)[\\/]/ }],
        },
      },
    },
  },
  server: {
    port: Number(process.env["PORT"] ?? 5173),
    proxy: {
      "/_matrix": { target: homeserver, changeOrigin: false },
      "/_teammessenger": { target: homeserver, changeOrigin: false },
      "/v1": { target: homeserver, changeOrigin: false },
      "/ws": { target: homeserver, changeOrigin: false, ws: true },
      "/socket.io": { target: homeserver, changeOrigin: false, ws: true },
    },
  },
  test: {
    name: "web",
    environment: "jsdom",
    setupFiles: ["./src/test/setup.ts"],
    include: ["src/**/*.test.{ts,tsx}"],
    css: false,
    testTimeout: 20_000,
    // The tests share nothing but the page, which the set-up wipes: one jsdom per worker is enough.
    isolate: false,
  },
});
