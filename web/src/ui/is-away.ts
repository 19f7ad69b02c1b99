// Whether something has been scrolled out of sight.

import { useEffect, useState, type RefCallback } from "react";

export function useIsAway(): [RefCallback<Element>, boolean] {
  const [element, setElement] = useState<Element | null>(null);
  const [isAway, setIsAway] = useState(false);
  useEffect(() => {
    if (element === null || typeof IntersectionObserver === "undefined") return;
    const observer = new IntersectionObserver(([found]) => setIsAway(found?.isIntersecting === false));
    observer.observe(element);
    return () => observer.disconnect();
  }, [element]);
  return [setElement, isAway];
}
