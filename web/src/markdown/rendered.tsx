// Markdown as elements: no HTML of the text's own, links to pages only, images only if they are whole. Loaded when first needed.

import { memo, useMemo, type ComponentProps, type ReactNode } from "react";
import ReactMarkdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";
import remend from "remend";

import { CopyButton } from "../ui/copy-button";
import { visible, visibleCode, visibleProse } from "../text/visible";
import { blocksOf } from "./blocks";
import { isCostly, refuseDepth } from "./depth";
import { safeImage, safeLink } from "./links";
import { useSparsely } from "./sparsely";
import { markHidden } from "./visible-text";

const PLUGINS = [remarkGfm, refuseDepth, markHidden];
/** Beyond that a text is shown as it is: no reader would wait for it to be laid out. */
const LAID_OUT_MOST_CHARS = 100_000;

/** What streams is laid out so often: faster than anybody reads, and slower than it comes. */
const LAID_OUT_EVERY_MS = 100;

interface Props {
  text: string;
  /** Whether more of it may come: what is half open is closed for the time being. */
  streams?: boolean;
}

export default function Rendered({ text, streams = false }: Props): ReactNode {
  return streams ? <Growing text={text} /> : <Whole text={text} />;
}

const Whole = memo(function Whole({ text }: { text: string }): ReactNode {
  if (text.length > LAID_OUT_MOST_CHARS || isCostly(text)) return <div className="plain-text">{visibleProse(text)}</div>;
  return (
    <div className="markdown">
      <Block text={text} />
    </div>
  );
});

/** Its blocks one by one, so that those that are over are not laid out again. What refers from one to another is found when it is whole. */
function Growing({ text }: { text: string }): ReactNode {
  const shown = useSparsely(text, LAID_OUT_EVERY_MS);
  const blocks = useMemo(() => (shown.length > LAID_OUT_MOST_CHARS || isCostly(shown) ? undefined : blocksOf(shown)), [shown]);
  if (blocks === undefined) return <div className="plain-text">{visibleProse(shown)}</div>;
  return (
    <div className="markdown">
      {blocks.map((block, place) => (
        <Block key={place} text={place === blocks.length - 1 ? remend(block) : block} />
      ))}
    </div>
  );
}

const Block = memo(function Block({ text }: { text: string }): ReactNode {
  return (
    <ReactMarkdown remarkPlugins={PLUGINS} components={COMPONENTS} urlTransform={keep} skipHtml={false}>
      {text}
    </ReactMarkdown>
  );
});

// What an address may be is decided by the elements that use it.
function keep(address: string): string {
  return address;
}

type Of<Name extends keyof Components> = ComponentProps<Exclude<Components[Name], string | undefined>>;

function Anchor({ href, children }: Of<"a">): ReactNode {
  const link = safeLink(href);
  if (link === undefined) return <span>{children}</span>;
  return (
    <a href={link} title={link} rel="noopener noreferrer nofollow" target="_blank">
      {children}
    </a>
  );
}

function Image({ src, alt }: Of<"img">): ReactNode {
  const address = typeof src === "string" ? src : undefined;
  const whole = safeImage(address);
  const name = visible(alt ?? "");
  if (whole !== undefined) return <img src={whole} alt={name} />;
  const words = name === "" ? "image" : name;
  return <Anchor href={address}>[{words}]</Anchor>;
}

function CodeBlock({ children }: Of<"pre">): ReactNode {
  return (
    <div className="code-block">
      <pre tabIndex={0}>{children}</pre>
      <CopyButton text={textOf(children)} label="Copy code" />
    </div>
  );
}

function Wide({ children }: Of<"table">): ReactNode {
  return (
    <div className="wide" tabIndex={0} role="region" aria-label="Table">
      <table>{children}</table>
    </div>
  );
}

/** Code is read as it is run, so nothing may hide in it. */
function Code({ className, children }: Of<"code">): ReactNode {
  return <code className={className}>{typeof children === "string" ? visibleCode(children) : children}</code>;
}

const COMPONENTS: Components = {
  code: Code,
  a: Anchor,
  img: Image,
  pre: CodeBlock,
  table: Wide,
  // The page has one heading of the first level; what an agent writes stands below it.
  h1: ({ children }) => <h2>{children}</h2>,
  h2: ({ children }) => <h3>{children}</h3>,
  h3: ({ children }) => <h4>{children}</h4>,
  h4: ({ children }) => <h5>{children}</h5>,
  h5: ({ children }) => <h6>{children}</h6>,
  h6: ({ children }) => <h6>{children}</h6>,
  // Names of an agent's own could stand for those of the page.
  li: ({ children }) => <li>{children}</li>,
  sup: ({ children }) => <sup>{children}</sup>,
  section: ({ children }) => <section>{children}</section>,
  input: ({ checked }) => <input type="checkbox" checked={checked === true} readOnly disabled aria-label={checked === true ? "done" : "to do"} />,
};

function textOf(node: ReactNode): string {
  if (typeof node === "string") return node;
  if (Array.isArray(node)) return node.map(textOf).join("");
  if (typeof node === "object" && node !== null && "props" in node) return textOf((node.props as { children?: ReactNode }).children);
  return "";
}
