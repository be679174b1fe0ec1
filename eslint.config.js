import js from "@eslint/js";
import reactHooks from "eslint-plugin-react-hooks";
import globals from "globals";
import tseslint from "typescript-eslint";

const only_core_talks_to_the_network = [
  { name: "fetch", message: "Only web/core talks to the server: call the client of @team/core." },
  { name: "XMLHttpRequest", message: "Only web/core talks to the server." },
  { name: "WebSocket", message: "Only web/core talks to the server." },
  { name: "EventSource", message: "Only web/core talks to the server." },
];

export default tseslint.config(
  { ignores: ["**/dist/**", "**/node_modules/**", "**/test-results/**", "**/playwright-report/**"] },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  {
    rules: {
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_", destructuredArrayIgnorePattern: "^_" }],
      "@typescript-eslint/consistent-type-imports": "error",
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-console": ["error", { allow: ["warn", "error"] }],
    },
  },
  {
    files: ["web/src/**/*.{ts,tsx}", "mobile/src/**/*.{ts,tsx}"],
    languageOptions: { globals: globals.browser },
    plugins: { "react-hooks": reactHooks },
    rules: {
      "react-hooks/rules-of-hooks": "error",
      "react-hooks/exhaustive-deps": "error",
      "no-restricted-globals": ["error", ...only_core_talks_to_the_network],
      "no-restricted-properties": [
        "error",
        { object: "window", property: "fetch", message: "Only web/core talks to the server." },
        { object: "globalThis", property: "fetch", message: "Only web/core talks to the server." },
        { object: "navigator", property: "sendBeacon", message: "Only web/core talks to the server." },
      ],
      "no-restricted-imports": [
        "error",
        { patterns: [{ group: ["@team/core/*", "!@team/core/test", "**/core/src/**"], message: "Use the public face, @team/core." }] },
      ],
    },
  },
  {
    // The one place of each app that lends the network to core.
    files: ["web/src/platform/browser.ts", "mobile/src/platform/phonePlatform.ts"],
    rules: { "no-restricted-globals": "off" },
  },
  {
    // Expo, Babel and Jest read these as CommonJS.
    files: ["mobile/*.js"],
    languageOptions: { globals: globals.node },
    rules: { "@typescript-eslint/no-require-imports": "off" },
  },
  {
    files: ["mobile/*.mjs"],
    languageOptions: { globals: globals.node },
  },
  {
    // Playwright's fixtures that use no other one are written ({}, use) => ….
    files: ["tests/e2e/**/*.ts"],
    rules: { "no-empty-pattern": "off", "no-console": "off" },
  },
  {
    files: ["web/core/src/**/*.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            { group: ["react", "react-*", "react/*", "react-dom/*"], message: "web/core knows no React." },
            { group: ["**/web/src/**", "../../src/**", "../../../src/**"], message: "web/core knows no app." },
          ],
        },
      ],
      "no-restricted-globals": [
        "error",
        ...["window", "document", "localStorage", "sessionStorage", "HTMLElement", "navigator", "location"].map(
          (name) => ({ name, message: "web/core knows no DOM: take it through a platform interface." }),
        ),
      ],
    },
  },
);
