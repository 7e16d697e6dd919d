import { useEffect, useLayoutEffect, useRef, type RefObject } from 'react';

/** Each screen is found again where it was left. */
export function useScrollMemory(main: RefObject<HTMLElement | null>, pathname: string): void {
  const places = useRef(new Map<string, number>());
  useLayoutEffect(() => {
    main.current?.scrollTo({ top: places.current.get(pathname) ?? 0 });
  }, [main, pathname]);
  useEffect(() => {
    const element = main.current;
    const remember = (): void => void places.current.set(pathname, element?.scrollTop ?? 0);
    element?.addEventListener('scroll', remember, { passive: true });
    return () => element?.removeEventListener('scroll', remember);
  }, [main, pathname]);
}
