import { useEffect, useRef } from 'react';

/** The heading of a screen: names the page and takes the focus, so that a screen reader says it. */
export function ScreenHeading({ children }: { readonly children: string }) {
  const ref = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${children} | 相談記録`;
    ref.current?.focus();
  }, [children]);
  return (
    <h1 ref={ref} tabIndex={-1}>
      {children}
    </h1>
  );
}
