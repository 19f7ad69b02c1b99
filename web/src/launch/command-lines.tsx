// The same launch as lines for a terminal.

import type { ReactNode } from "react";

import { CopyButton } from "../ui/copy-button";
import type { PromptImage } from "../prompt/images";
import { curlLine, launchLine, type LaunchWish } from "./wish";

interface Props {
  wish: LaunchWish;
  prompt: string;
  images: readonly PromptImage[];
}

export function CommandLines({ wish, prompt, images }: Props): ReactNode {
  const words = prompt === "" ? "…" : prompt;
  return (
    <details className="command-lines">
      <summary>The same from a terminal</summary>
      <p className="faint">With your key in the variable OUTWORK_API_KEY.</p>
      <Line name="outwork" text={launchLine(wish, words, images, location.origin)} />
      <Line name="curl" text={curlLine(wish, words, location.origin)} />
      {images.length > 0 && <p className="faint">The line for curl leaves the images out.</p>}
    </details>
  );
}

function Line({ name, text }: { name: string; text: string }): ReactNode {
  return (
    <div className="code-block">
      <pre tabIndex={0} aria-label={name}>
        {text}
      </pre>
      <CopyButton text={text} />
    </div>
  );
}
