import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

import { PRELOAD_SYNTAX, SHELL_EXCEPTIONS, SHELL_SYNTAX } from './electron/tools/shell-syntax.ts';

const noDefaultExport = {
  selector: 'ExportDefaultDeclaration',
  message: 'Name the export after the file (house style 1).',
};

export default tseslint.config(
  { ignores: ['node_modules', 'dist', '**/*.cjs', 'python-runtime', 'resources', 'eslint.config.js'] },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        project: [
          './tsconfig.json',
          './electron/preload/tsconfig.json',
          './renderer/tsconfig.json',
          './test/e2e/browser/tsconfig.json',
          './test/desktop/tsconfig.json',
        ],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-non-null-assertion': 'error',
      eqeqeq: 'error',
      'max-lines': ['error', { max: 450 }],
      'no-console': 'error',
      'no-restricted-syntax': ['error', noDefaultExport],
      'prefer-const': 'error',
    },
  },
  {
    files: ['renderer/**/*.{ts,tsx}'],
    plugins: { 'react-hooks': reactHooks },
    rules: {
      'react-hooks/rules-of-hooks': 'error',
      'react-hooks/exhaustive-deps': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
    },
  },
  ...[
    ['electron/main/**/*.ts', SHELL_SYNTAX],
    ['electron/preload/**/*.ts', PRELOAD_SYNTAX],
    ...Object.entries(SHELL_EXCEPTIONS),
  ].map(([files, restricted]) => ({
    files: [files],
    rules: { 'no-restricted-syntax': ['error', noDefaultExport, ...restricted] },
  })),
  {
    files: ['*.config.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
);
