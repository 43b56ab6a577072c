import { errorTexts, t, type MessageKey } from '~/locales';
import { expectation, inTable } from '~/locales/errors';

/** A refusal, or how something else ended. */
interface Failure {
  code?: string;
  message: string;
  details?: Record<string, unknown>;
}

/** What the fields of requests are called on the pages. */
const FIELDS: Record<string, MessageKey> = {
  code: 'field.code',
  content: 'prompt.content',
  currentPassword: 'password.current',
  description: 'field.description',
  displayName: 'field.displayName',
  email: 'field.email',
  name: 'field.name',
  newPassword: 'password.new',
  password: 'field.password',
  'settings.defaultTemperature': 'profile.temperature',
  'settings.systemPrompt': 'profile.systemPrompt',
  systemPrompt: 'conversation.systemPrompt',
  title: 'conversation.newTitle',
};

/** What went wrong, in the person's language as far as it is known: the server speaks English, and is then the most precise. */
export function errorText({ code = '', message, details = {} }: Failure): string {
  const texts = errorTexts();
  if (!texts) return message;
  return (
    inTable(texts.sentences, message) ?? fieldsText(details.fields) ?? texts.codes[code] ?? message
  );
}

/** How far something has come, in the person's language as far as it is known. */
export function progressText(said: string): string {
  const texts = errorTexts();
  return (texts && inTable(texts.sentences, said)) ?? said;
}

function fieldsText(fields: unknown): string | null {
  const texts = errorTexts();
  if (!texts || !Array.isArray(fields) || fields.length === 0) return null;
  const said = (fields as { field: string; expected: string }[]).map(({ field, expected }) => {
    const text = expectation(texts, expected);
    if (!text || field === 'body') return text && capital(text);
    const label = FIELDS[field];
    return `${label ? t(label) : field.split('.').at(-1)}: ${text}`;
  });
  return said.every(Boolean) ? said.join(' ') : null;
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
