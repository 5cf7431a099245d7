import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { integrationPresets } from '@dropsafe/contract/integration-presets';
import {
  declarationOf,
  integrationTypes,
  type FieldDeclaration,
  type IntegrationType,
} from '@dropsafe/contract/integration-types';
import { checkNames } from '@dropsafe/contract/outbound';
import { expect, test } from 'vitest';

const docs = readFileSync(join(import.meta.dirname, '../../../docs/integrations.md'), 'utf8');

const kinds = {
  text: 'text',
  url: 'address',
  choice: 'choice',
  boolean: 'true or false',
  number: 'number',
  headers: 'list of `name` and `value`',
  pem: 'PEM',
} as const;

/** A field in one line of the table: what the form shows, and what the check asks. */
function lineOf(key: string, field: FieldDeclaration): string {
  const { title, help, kind, onlyWith, choices } = field;
  const what = choices === undefined ? kinds[kind] : Object.keys(choices).map(code).join(', ');
  const given = onlyWith && `with \`${onlyWith.field}\` ${onlyWith.is.map(code).join(', ')}`;
  const needed = field.isRequired
    ? 'required'
    : field.default === undefined
      ? 'optional'
      : `by default ${code(String(field.default))}`;
  const secrets = { none: '–', allowed: 'accepted', required: 'credential' }[field.secrets];
  return `| \`${key}\` | **${title}.** ${help} | ${what} | ${[needed, given].filter(Boolean).join(' ')} | ${secrets} |`;
}

const code = (text: string) => `\`${text}\``;

// as: Object.keys forgets the names
test.each(Object.keys(integrationTypes) as IntegrationType[])(
  'docs/integrations.md says of the type %s what its declaration says',
  (type) => {
    const { title, help, test: sends, fields } = declarationOf(type);
    const table = [
      `### \`${type}\`: ${title}`,
      '',
      help,
      '',
      `**Test.** ${sends}`,
      '',
      '| field | | | needed | secrets |',
      '|---|---|---|---|---|',
      ...Object.entries(fields).map(([key, field]) => lineOf(key, field)),
    ].join('\n');
    expect(docs).toContain(table);
  },
);

test('docs/integrations.md names every check of a test, in their order', () => {
  const named = [...docs.matchAll(/^\| `(\w+)` \| [^|]+ \|$/gm)].map(([, name]) => name);
  expect(named).toEqual(checkNames);
});

test('docs/integrations.md names every preset', () => {
  const lines = Object.entries(integrationPresets).map(
    ([key, { title, type, documentation }]) =>
      `| \`${key}\` | ${title} | \`${type}\` | <${documentation}> |`,
  );
  expect(docs).toContain(
    ['| preset | system | type | its documentation |', '|---|---|---|---|', ...lines].join('\n'),
  );
});
