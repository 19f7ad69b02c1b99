// A sentence for the events that need no more than one.

import type { Happening } from "../../api/types";

export interface Sentence {
  tone: "plain" | "warning";
  text: string;
}

export function sentence(event: Happening): Sentence | undefined {
  switch (event.type) {
    case "model_retried":
      return warning(`The model is busy (${event.reason}); next try in ${Math.ceil(event.waitMs / 1000)} s.`);
    case "nudged":
      return plain(`Outwork to the model: ${event.text}`);
    case "limit_reached":
      return warning(`Limit reached: ${event.limit}.`);
    case "workspace_prepared":
      return plain(`Workspace ready at ${event.base.slice(0, 10)}; the work goes to ${event.branch}.`);
    case "nothing_to_publish":
      return plain("Nothing changed, so there is nothing to publish.");
    case "pushed":
      return plain(`Pushed ${event.commit.slice(0, 10)} to ${event.branch}.`);
    case "note":
      return plain(event.text);
    default:
      return undefined;
  }
}

function plain(text: string): Sentence {
  return { tone: "plain", text };
}

function warning(text: string): Sentence {
  return { tone: "warning", text };
}
