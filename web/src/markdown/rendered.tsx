// Markdown as elements: no HTML of the text's own, links to pages only, images only if they are whole. Loaded when first needed.

import { memo, type ComponentProps, type ReactNode } from "react";
import ReactMarkdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";
import remend from "remend";

import { CopyButton } from "../ui/copy-button";
import { visible } from "../text/visible";
import { safeImage, safeLink } from "./links";

const PLUGINS = [remarkGfm];
/** Beyond that a text is shown as it is: no reader would wait for it to be laid out. */
const LAID_OUT_MOST_CHARS = 100_000;

interface Props {
  text: string;
  /** Whether more of it may come: what is half open is closed for the time being. */
  streams?: boolean;
}

export default memo(function Rendered({ text, streams = false }: Props): ReactNode {
  if (text.length > LAID_OUT_MOST_CHARS) return <div className="plain-text">{text}</div>;
  return (
    <div className="markdown">
      <ReactMarkdown remarkPlugins={PLUGINS} components={COMPONENTS} urlTransform={keep} skipHtml={false}>
        {streams ? remend(text) : text}
      </ReactMarkdown>
    </div>
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
  if (whole !== undefined) return <img src={whole} alt={alt ?? ""} />;
  const words = alt === undefined || alt === "" ? "image" : alt;
  return <Anchor href={address}>[{words}]</Anchor>;
}

function Block({ children }: Of<"pre">): ReactNode {
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
  return <code className={className}>{typeof children === "string" ? visible(children) : children}</code>;
}

const COMPONENTS: Components = {
  code: Code,
  a: Anchor,
  img: Image,
  pre: Block,
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
