const GAP = 6;
const EDGE = 8;

/** Puts a popover above or below a button, on the other side where there is no room, and inside the window. */
export function placeBeside(
  popover: HTMLElement,
  button: HTMLElement,
  align: 'start' | 'end',
  side: 'top' | 'bottom',
): void {
  const anchor = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = popover;
  const above = anchor.top - height - GAP;
  const below = anchor.bottom + GAP;
  const fitsBelow = below + height <= innerHeight - EDGE;
  const fitsAbove = above >= EDGE;
  const top = (side === 'bottom' ? fitsBelow || !fitsAbove : fitsBelow && !fitsAbove)
    ? below
    : above;
  const left = align === 'start' ? anchor.left : anchor.right - width;
  popover.style.top = `${Math.max(EDGE, Math.min(top, innerHeight - height - EDGE))}px`;
  popover.style.left = `${Math.max(EDGE, Math.min(left, innerWidth - width - EDGE))}px`;
}
