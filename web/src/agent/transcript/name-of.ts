// What a row is, in as few words as tell it from its neighbours: whoever listens hears it before the row itself.

import { words } from "../../text/states";
import { visible } from "../../text/visible";
import type { Item } from "./item";

export function nameOf(item: Item): string {
  switch (item.kind) {
    case "prompt":
      return "Prompt";
    case "answer":
      return item.what === "thinking" ? "Thought" : "Answer";
    case "tool":
      return `Call of ${visible(item.name)}`;
    case "state":
      return visible(words(item.to).label);
    case "unbegun":
      return "Not carried out";
    case "commit":
      return "Commit";
    case "pull-request":
      return `Pull request #${item.number}`;
    case "network":
      return "Network";
    case "notice":
      return item.tone === "warning" ? "Warning" : "Note";
  }
}
