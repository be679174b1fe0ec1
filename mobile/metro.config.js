const path = require("node:path");
const { getDefaultConfig } = require("expo/metro-config");

const root = path.resolve(__dirname, "..");
const core = path.join(root, "web/core");

const config = getDefaultConfig(__dirname);

// Core, the types of the contract and the web client's words lie beside this app; all else comes from its own node_modules.
config.watchFolders = [core, path.join(root, "schema/ts"), path.join(root, "web/src/i18n")];
config.resolver.extraNodeModules = { "@team/core": core, "@team/phrases": path.join(root, "web/src/i18n") };
config.resolver.nodeModulesPaths = [path.join(__dirname, "node_modules")];

// expo-sqlite on the web is SQLite as WebAssembly.
config.resolver.assetExts.push("wasm");

// Its threads share memory, which browsers allow to pages that are isolated from others.
config.server.enhanceMiddleware = (middleware) => (request, response, next) => {
  response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
  response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
  return middleware(request, response, next);
};

module.exports = config;
