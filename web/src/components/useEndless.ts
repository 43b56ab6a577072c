import { useEffect, useRef } from 'react';

/** Calls `onReach` whenever the element with the returned ref comes near the visible part of its list. */
export function useEndless(onReach: () => void, isEnabled: boolean) {
  const end = useRef<HTMLDivElement>(null);
  const latest = useRef(onReach);
  useEffect(() => {
    latest.current = onReach;
  });
  useEffect(() => {
    const element = end.current;
    if (!element || !isEnabled) return;
    const observer = new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && latest.current(),
      { rootMargin: '240px' },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [isEnabled]);
  return end;
}
