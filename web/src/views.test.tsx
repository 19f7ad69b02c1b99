import type { ReactElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";

import { AgentRows } from "./agent-list";
import { AgentHead } from "./agent-page";
import { DiffView, filesOf } from "./diff-view";
import { KeyForm } from "./key-form";
import { safeLink } from "./link";
import { TranscriptView } from "./transcript-view";
import type { Agent } from "./types";

function html(element: ReactElement): string {
  return renderToStaticMarkup(element);
}

const agent: Agent = {
  id: "bc-1",
  name: "Add a readme",
  model: "script",
  state: "failed",
  repositories: [
    { repository: "https://git.example.org/a/b", branch: "outwork/add-a-readme-12ab", pullRequestUrl: "http://127.0.0.1:8080/pulls/7" },
    { repository: "https://git.example.org/a/c", folder: "c", pullRequestUrl: "javascript:alert(1)" },
  ],
  createdAt: "2026-01-15T10:30:00.000Z",
  updatedAt: "2026-01-15T10:30:00.000Z",
  runs: [
    { id: "r", number: 1, mode: "agent", model: "script", state: "failed", attempt: 2, cause: "push_denied", message: "The forge said no.", createdAt: "2026-01-15T10:30:00.000Z" },
  ],
};

describe("views", () => {
  it("shows where an agent stands and what came of it", () => {
    const page = html(<AgentHead agent={agent} connection="live" />);
    for (const part of ["Add a readme", "state-failed", "push_denied", "The forge said no.", "attempt 2", 'href="http://127.0.0.1:8080/pulls/7"']) {
      expect(page).toContain(part);
    }
  });

  it("shows what an agent wrote as text", () => {
    const hostile = "<img src=x onerror=alert(1)>";
    const page = html(
      <TranscriptView
        items={[
          { kind: "answer", key: "a", what: "text", text: hostile, streams: false },
          { kind: "tool", key: "t", name: hostile, input: hostile, output: hostile },
          { kind: "notice", key: "n", text: hostile },
          { kind: "pull-request", key: "p", number: 1, url: "javascript:alert(1)" },
        ]}
      />,
    );
    expect(page).not.toContain("<img");
    expect(page).not.toContain("javascript:");
    expect(page).toContain("&lt;img src=x onerror=alert(1)&gt;");
  });

  it("links to pages only", () => {
    expect(safeLink("https://example.org/")).toBe("https://example.org/");
    for (const bad of [undefined, "", "/relative", "javascript:alert(1)", "data:text/html,x"]) {
      expect(safeLink(bad)).toBeUndefined();
    }
  });

  it("takes a diff apart into files", () => {
    const diff = "diff --git a/a.txt b/a.txt\n--- a/a.txt\n+++ b/a.txt\n@@ -1 +1,2 @@\n-old\n+new\n+more\ndiff --git a/b b/b\nBinary files differ\n";
    expect(filesOf(diff).map(({ name, insertions, deletions }) => [name, insertions, deletions])).toEqual([
      ["a.txt", 2, 1],
      ["b", 0, 0],
    ]);
    expect(html(<DiffView diff={diff} />)).toContain('<span class="added">+new\n</span>');
    expect(html(<DiffView diff="" />)).toContain("Nothing differs");
  });

  it("lists agents, asks for keys", () => {
    const row = { id: "bc-1", name: "One", status: "RUNNING", source: { repository: "r" }, createdAt: agent.createdAt };
    expect(html(<AgentRows agents={[row]} />)).toContain('href="/agents?id=bc-1"');
    expect(html(<AgentRows agents={[]} />)).toContain("None yet");
    expect(html(<KeyForm refusal="no such key" onKey={() => {}} />)).toContain("no such key");
  });
});
