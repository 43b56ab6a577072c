export const Logo = () => (
  <span className="flex items-center gap-2 font-semibold tracking-tight">
    <img src="/icon.svg" alt="" className="size-6" />
    OmniChat
  </span>
);
