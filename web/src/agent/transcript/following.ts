// Whether the end of a growing page is followed. Pure: what was done shows in where the page stands, by whatever means it was moved.

/** Where a window stands: its top, its height and the height of the whole, in pixels. */
export interface View {
  top: number;
  height: number;
  whole: number;
}

/** Who comes this near to the end from above follows it. */
const NEAR_PX = 120;
/** Browsers round. */
const SAME_PX = 2;

/** Whether the end is followed after a scroll from `before`: moving up ends it, coming to the end begins it. */
export function followsAfter(followed: boolean, before: number, { top, height, whole }: View): boolean {
  const left = whole - top - height;
  if (left <= SAME_PX) return true;
  if (top < before - SAME_PX) return false;
  return followed || (top > before + SAME_PX && left <= NEAR_PX);
}

export function currentView(): View {
  return { top: window.scrollY, height: window.innerHeight, whole: document.documentElement.scrollHeight };
}
