const path = require("node:path");

const root = path.resolve(__dirname, "..");

module.exports = {
  preset: "jest-expo/android",
  rootDir: __dirname,
  setupFilesAfterEnv: ["<rootDir>/src/test/setup.ts"],
  testMatch: ["<rootDir>/src/**/*.test.{ts,tsx}"],
  // Core, its server in memory and the web client's words lie beside this app.
  moduleNameMapper: {
    "^lucide-react-native/icons/(.*)$": "<rootDir>/node_modules/lucide-react-native/dist/cjs/icons/$1.js",
    "^@team/core$": path.join(root, "web/core/src/index.ts"),
    "^@team/core/test/(.*)$": path.join(root, "web/core/test/$1"),
    "^@team/phrases/(.*)$": path.join(root, "web/src/i18n/$1"),
  },
  modulePaths: [path.join(__dirname, "node_modules")],
  transformIgnorePatterns: ["/node_modules/(?!(.pnpm/)?((jest-)?react-native|@react-native(-community)?|expo(nent)?|@expo(nent)?/.*|@expo-google-fonts/.*|lucide-react-native|standard-navigation))"],
  // Node looks for files itself, which is as fast, and the same on every machine.
  haste: { forceNodeFilesystemAPI: true },
  testTimeout: 60_000,
  // jest-junit is told where by the suite that runs it.
  reporters: process.env.JEST_JUNIT_OUTPUT_FILE ? ["default", "jest-junit"] : ["default"],
};
