/** How far something has come, from 0 to 100. */
export const Progress = ({ value, label }: { value: number; label: string }) => (
  <progress
    aria-label={label}
    max={100}
    value={value}
    className="h-1.5 w-full appearance-none overflow-hidden rounded-full bg-sunken [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-sunken [&::-webkit-progress-value]:bg-accent [&::-webkit-progress-value]:transition-[inline-size]"
  />
);
