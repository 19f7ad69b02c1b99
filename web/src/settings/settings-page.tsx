// What is set, and what state the server is in.

import type { ReactNode } from "react";

import { Link } from "../app/link";
import { Keys } from "./keys";
import { Models } from "./models";
import { Projects } from "./projects";
import { Secrets } from "./secrets";
import { Server } from "./server";
import { Webhooks } from "./webhooks";

const SECTIONS: readonly { name: string; label: string; content: () => ReactNode }[] = [
  { name: "keys", label: "Keys", content: () => <Keys /> },
  { name: "projects", label: "Projects", content: () => <Projects /> },
  { name: "secrets", label: "Secrets", content: () => <Secrets /> },
  { name: "webhooks", label: "Webhooks", content: () => <Webhooks /> },
  { name: "models", label: "Models", content: () => <Models /> },
  { name: "server", label: "Server", content: () => <Server /> },
];

export default function SettingsPage({ section }: { section: string }): ReactNode {
  const current = SECTIONS.find((each) => each.name === section);
  return (
    <div className="page settings-page">
      <nav aria-label="Settings">
        <ul>
          {SECTIONS.map((each) => (
            <li key={each.name}>
              <Link to={`/settings/${each.name}`} aria-current={each.name === section ? "page" : undefined}>
                {each.label}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <section className="settings" aria-label={current?.label ?? "Settings"}>
        <h1>{current?.label ?? "There is no such setting"}</h1>
        {current?.content()}
      </section>
    </div>
  );
}
