import { useState } from 'react';

import { useModels } from '~/features/models/modelsQuery';
import { ownKey } from '~/features/session/ownStorage';
import { useProfile } from '~/features/session/useCurrentUser';
import { storage } from '~/lib/storage';

interface Choices {
  models?: string[];
  temperature?: number | null;
}

const keyOf = (place: string) => ownKey('choices', place);

/**
 * Which models answer and how freely: what was chosen here, else what the conversation has, else the preference, else
 * the first model that can be asked.
 */
export function useChatChoices(place: string, conversationModel?: string) {
  const all = useModels();
  const profile = useProfile();
  const [choices, setChoices] = useState<Choices>(() => storage.get<Choices>(keyOf(place)) ?? {});

  const choose = (change: Choices) => {
    const next = { ...choices, ...change };
    setChoices(next);
    storage.set(keyOf(place), next);
  };

  const known = choices.models?.filter(
    (id) => all.length === 0 || all.some((one) => one.id === id),
  );
  const fallback =
    conversationModel ??
    profile?.settings.defaultModel ??
    all.find((model) => model.available)?.id ??
    '';
  const models = known?.length ? known : [fallback];
  return {
    models,
    temperature: choices.temperature ?? null,
    chooseModels: (next: string[]) => choose({ models: next }),
    chooseTemperature: (temperature: number | null) => choose({ temperature }),
    chosenModels: all.filter((model) => models.includes(model.id)),
  };
}
