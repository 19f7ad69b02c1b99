// A row whose usual form failed, as the text that it holds.

import type { ReactNode } from "react";

import { visible } from "../../text/visible";
import type { Item } from "./item";

export function PlainRow({ item }: { item: Item }): ReactNode {
  return (
    <div className="notice warning">
      <p>This entry could not be shown as usual; this is its text.</p>
      <pre className="message">{visible(textOf(item))}</pre>
    </div>
  );
}

function textOf(item: Item): string {
  switch (item.kind) {
    case "prompt":
    case "answer":
    case "notice":
      return item.text;
    case "tool":
      return `${item.name}\n${item.output}`;
    case "state":
    case "unbegun":
      return [item.to, item.cause, item.message].filter((part) => part !== undefined).join("\n");
    case "commit":
      return `${item.commit} ${item.subject}`;
    case "pull-request":
      return item.url;
    case "network":
      return `${item.host} ${item.reason ?? ""}`;
  }
}
