import { useCallback, useEffect, useLayoutEffect, useRef, useState, type RefObject } from 'react';

/** Within so many pixels of the end one is reading along. */
const NEAR = 80;

/**
 * Holds a scroller at its end while what is in it grows, until somebody scrolls up; at the end again it holds again.
 * `size` is the height of what is in it, `resetKey` takes it to the end whenever it changes.
 */
export function useStickToEnd(
  scroller: RefObject<HTMLElement | null>,
  size: number,
  resetKey: unknown,
) {
  const sticks = useRef(true);
  const lastTop = useRef(0);
  const [isAtEnd, setAtEnd] = useState(true);

  const toEnd = useCallback(() => {
    const element = scroller.current;
    if (!element) return;
    sticks.current = true;
    element.scrollTop = element.scrollHeight;
    setAtEnd(true);
  }, [scroller]);

  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const onScroll = () => {
      const near = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR;
      if (near) sticks.current = true;
      else if (element.scrollTop < lastTop.current) sticks.current = false;
      lastTop.current = element.scrollTop;
      setAtEnd(near || sticks.current);
    };
    // The composer grows with its text and takes the room from here.
    const observer = new ResizeObserver(() => {
      if (sticks.current) toEnd();
    });
    observer.observe(element);
    element.addEventListener('scroll', onScroll, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', onScroll);
    };
  }, [scroller, toEnd]);

  useLayoutEffect(() => {
    sticks.current = true;
  }, [resetKey]);

  useLayoutEffect(() => {
    if (sticks.current) toEnd();
  }, [size, resetKey, toEnd]);

  return { isAtEnd, toEnd };
}
