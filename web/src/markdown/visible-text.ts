// What would hide in a text or reorder it is marked in what is laid out, too. Addresses and code have marks of their own.

import { visibleProse } from "../text/visible";

interface Node {
  type: string;
  value?: string;
  children?: readonly Node[];
}

/** A step of Markdown's way to elements; it comes behind the one that refuses what is too deep. */
export function markHidden(): (tree: Node) => void {
  return (tree) => {
    const left: Node[] = [tree];
    for (let node = left.pop(); node !== undefined; node = left.pop()) {
      // HTML is shown as the text that it is.
      if ((node.type === "text" || node.type === "html") && node.value !== undefined) node.value = visibleProse(node.value);
      for (const child of node.children ?? []) left.push(child);
    }
  };
}
