import jsxA11y from 'eslint-plugin-jsx-a11y';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['dist', 'src/api/schema.d.ts', 'test-results'] },
  ...tseslint.configs.strict,
  {
    files: ['src/**/*.{ts,tsx}'],
    plugins: { 'react-hooks': reactHooks },
    extends: [jsxA11y.flatConfigs.recommended],
    rules: {
      'react-hooks/rules-of-hooks': 'error',
      'react-hooks/exhaustive-deps': 'error',
      'no-restricted-syntax': [
        'error',
        {
          selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']",
          message: 'Nothing here renders raw HTML.',
        },
      ],
      // What scrolls must be reachable with the keyboard.
      'jsx-a11y/no-noninteractive-tabindex': 'off',
      // A menu's items are buttons that press themselves.
      'jsx-a11y/click-events-have-key-events': 'off',
      // Focus moves where a person has just asked for it: into a dialog, a rename, the composer.
      'jsx-a11y/no-autofocus': 'off',
    },
  },
);
