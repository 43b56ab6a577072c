/** How providers are written. */
const NAMES: Record<string, string> = {
  openai: 'OpenAI',
  anthropic: 'Anthropic',
  google: 'Google',
  openrouter: 'OpenRouter',
  groq: 'Groq',
  ollama: 'Ollama',
  demo: 'Demo',
};

export const providerName = (id: string): string => NAMES[id] ?? id;

/** What a key is called where keys are kept, which is after what it opens. */
export const KEY_NAMES = {
  claude: 'Anthropic (Claude)',
  openai: 'OpenAI',
  google: 'Google (Gemini)',
  openrouter: 'OpenRouter',
  groq: 'Groq',
} as const;
