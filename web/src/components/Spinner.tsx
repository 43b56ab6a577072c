export const Spinner = () => (
  <span
    aria-hidden
    className="inline-block size-4 animate-spin rounded-full border-2 border-current border-r-transparent opacity-70"
  />
);

/** Where a whole page is on its way. */
export const PageSpinner = () => (
  <div className="grid h-full place-items-center text-ink-soft">
    <Spinner />
  </div>
);
