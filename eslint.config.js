import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["ui/components/bundles/"] },
  js.configs.recommended,
  {
    languageOptions: { globals: globals.browser },
    rules: { eqeqeq: "error", "no-unused-vars": ["error", { argsIgnorePattern: "^_" }], "prefer-const": ["error", { destructuring: "all" }] },
  },
  { files: ["tests/**"], languageOptions: { globals: globals.node } },
];
