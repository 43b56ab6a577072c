import {
  cloneElement,
  useEffect,
  useId,
  useRef,
  useState,
  type KeyboardEvent,
  type ReactElement,
  type ReactNode,
} from 'react';

import { cx } from '~/lib/cx';
import { placeBeside } from './placeBeside';

interface Props {
  /** A button; it opens the menu. */
  trigger: ReactElement<Record<string, unknown>>;
  children: ReactNode;
  align?: 'start' | 'end';
  side?: 'top' | 'bottom';
}

const itemsOf = (menu: HTMLElement) => [
  ...menu.querySelectorAll<HTMLElement>('[role="menuitem"]:not(:disabled)'),
];

/** A menu behind a button: a popover of the browser's, which closes on Escape and on a press elsewhere. */
export function Menu({ trigger, children, align = 'end', side = 'bottom' }: Props) {
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  return (
    <>
      {cloneElement(trigger, {
        id: `${id}-button`,
        'aria-haspopup': 'menu',
        'aria-expanded': isOpen,
        'data-state': isOpen ? 'open' : 'closed',
        onClick: () => setOpen(!isOpen),
      })}
      {isOpen && (
        <Popover buttonId={`${id}-button`} align={align} side={side} onClose={() => setOpen(false)}>
          {children}
        </Popover>
      )}
    </>
  );
}

interface PopoverProps extends Required<Pick<Props, 'align' | 'side' | 'children'>> {
  buttonId: string;
  onClose: () => void;
}

function Popover({ buttonId, align, side, children, onClose }: PopoverProps) {
  const menu = useRef<HTMLDivElement>(null);
  const typed = useRef({ text: '', at: 0 });

  useEffect(() => {
    const element = menu.current;
    const button = document.getElementById(buttonId);
    if (!element || !button) return;
    element.showPopover();
    placeBeside(element, button, align, side);
    itemsOf(element)[0]?.focus({ preventScroll: true });
    return () => {
      // Whoever was in the menu goes back to where it was opened; whoever has left already does not.
      if (element.contains(document.activeElement) || document.activeElement === document.body)
        button.focus();
    };
  }, [buttonId, align, side]);

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const items = itemsOf(event.currentTarget);
    const now = items.indexOf(document.activeElement as HTMLElement);
    const go = (index: number) => items.at(index % items.length)?.focus();
    if (event.key === 'ArrowDown') go(now + 1);
    else if (event.key === 'ArrowUp') go(now - 1);
    else if (event.key === 'Home') go(0);
    else if (event.key === 'End') go(-1);
    else if (event.key === 'Tab') onClose();
    else if (event.key.length === 1 && event.key !== ' ') {
      const { text, at } = typed.current;
      typed.current = {
        text: (event.timeStamp - at < 700 ? text : '') + event.key.toLowerCase(),
        at: event.timeStamp,
      };
      items
        .find((item) => item.textContent.trim().toLowerCase().startsWith(typed.current.text))
        ?.focus();
    } else return;
    if (event.key !== 'Tab') event.preventDefault();
  };

  return (
    <div
      ref={menu}
      role="menu"
      tabIndex={-1}
      popover="auto"
      aria-labelledby={buttonId}
      onKeyDown={onKeyDown}
      onClick={(event) => event.target !== event.currentTarget && onClose()}
      onToggle={(event) => event.newState === 'closed' && onClose()}
      className="fixed m-0 max-h-[60dvh] min-w-48 animate-rise overflow-y-auto rounded-xl border border-line bg-raised p-1 text-ink shadow-lift"
    >
      {children}
    </div>
  );
}

interface ItemProps {
  icon?: ReactNode;
  isDanger?: boolean;
  onSelect: () => void;
  children: ReactNode;
}

export const MenuItem = ({ icon, isDanger, onSelect, children }: ItemProps) => (
  <button
    type="button"
    role="menuitem"
    tabIndex={-1}
    onClick={onSelect}
    onPointerMove={(event) => event.currentTarget.focus({ preventScroll: true })}
    className={cx(
      'flex w-full items-center gap-2.5 rounded-lg px-2.5 py-2 text-left text-sm outline-none focus:bg-hover [&_svg]:size-4 [&_svg]:opacity-75',
      isDanger && 'text-danger',
    )}
  >
    {icon}
    {children}
  </button>
);

export const MenuLine = () => <hr className="mx-2 my-1 border-line" />;
