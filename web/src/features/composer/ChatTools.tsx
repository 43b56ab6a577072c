import { ModelPicker } from '~/features/models/ModelPicker';
import type { useChatChoices } from '~/features/thread/useChatChoices';
import { TemperatureControl } from './TemperatureControl';

/** Model and temperature, in the composer's lower line. */
export const ChatTools = ({ choices }: { choices: ReturnType<typeof useChatChoices> }) => (
  <>
    <ModelPicker chosen={choices.models} onChoose={choices.chooseModels} />
    <TemperatureControl
      model={choices.chosenModels[0]}
      value={choices.temperature}
      onChange={choices.chooseTemperature}
    />
  </>
);
