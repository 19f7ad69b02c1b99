// What is set, and what state the server is in.

import type { ReactNode } from "react";

import { Link } from "../app/link";
import { useIsLimited, WhyLimited } from "../session/limited";
import { Keys } from "./keys";
import { Models } from "./models";
import { Projects } from "./projects";
import { Secrets } from "./secrets";
import { Server } from "./server";
import { Webhooks } from "./webhooks";

interface Section {
  name: string;
  label: string;
  /** Whether it is part of no project, so that a key that is limited to some does not reach it. */
  isOfNoProject?: true;
  content: () => ReactNode;
}

const SECTIONS: readonly Section[] = [
  { name: "keys", label: "Keys", content: () => <Keys /> },
  { name: "projects", label: "Projects", content: () => <Projects /> },
  { name: "secrets", label: "Secrets", isOfNoProject: true, content: () => <Secrets /> },
  { name: "webhooks", label: "Webhooks", isOfNoProject: true, content: () => <Webhooks /> },
  { name: "models", label: "Models", content: () => <Models /> },
  { name: "server", label: "Server", isOfNoProject: true, content: () => <Server /> },
];

export default function SettingsPage({ section }: { section: string }): ReactNode {
  const isLimited = useIsLimited();
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
        {isLimited && current?.isOfNoProject === true ? <WhyLimited what="it does not reach what is part of none" /> : current?.content()}
      </section>
    </div>
  );
}
