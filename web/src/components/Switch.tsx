import { cx } from '~/lib/cx';

interface Props {
  label: string;
  isOn: boolean;
  onChange: (isOn: boolean) => void;
  disabled?: boolean;
}

export const Switch = ({ label, isOn, onChange, disabled }: Props) => (
  <button
    type="button"
    role="switch"
    aria-checked={isOn}
    aria-label={label}
    title={label}
    disabled={disabled}
    onClick={() => onChange(!isOn)}
    className={cx(
      'relative inline-flex h-6 w-10 shrink-0 rounded-full border transition-colors',
      isOn ? 'border-accent bg-accent' : 'border-line-strong bg-sunken',
    )}
  >
    <span
      className={cx(
        'absolute top-0.75 left-0.75 size-4 rounded-full transition-transform',
        isOn ? 'translate-x-4 bg-accent-ink' : 'bg-line-strong',
      )}
    />
  </button>
);
