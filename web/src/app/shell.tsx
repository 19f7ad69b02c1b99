// What stands around every part: where one can go, who one is.

import { useState, type ReactNode } from "react";

import type { Session } from "../api/types";
import { useIsLimited } from "../session/limited";
import { useIsReadOnly } from "../session/read-only";
import { useSignOut } from "../session/session";
import { visible } from "../text/visible";
import { Dialog } from "../ui/dialog";
import { useToast } from "../ui/toasts";
import { wordsOf } from "../api/error";
import { useArrival } from "./arrival";
import { Link } from "./link";
import { navigate, type Route } from "./router";
import { useShortcuts } from "./shortcuts";
import { ShortcutsDialog } from "./shortcuts-dialog";
import { applyTheme, nextTheme, storedTheme } from "./theme";

interface Props {
  session: Session;
  route: Route;
  children: ReactNode;
}

export function Shell({ session, route, children }: Props): ReactNode {
  const { page } = route;
  useArrival(route);
  const [showsKeys, setShowsKeys] = useState(false);
  const isReadOnly = useIsReadOnly();
  const isLimited = useIsLimited();
  useShortcuts({ n: () => navigate("/launch"), a: () => navigate("/agents"), "?": () => setShowsKeys(true) });
  return (
    <>
      <a className="skip" href="#main">
        Skip to content
      </a>
      <header className="top">
        <Link className="brand" to="/agents">
          Outwork
        </Link>
        <nav aria-label="Main">
          <Link to="/agents" aria-current={page === "agents" ? "page" : undefined}>
            Agents
          </Link>
          <Link to="/settings/keys" aria-current={page === "settings" ? "page" : undefined}>
            Settings
          </Link>
        </nav>
        <span className="spacer" />
        {isLimited && (
          <span className="tag" title={`The key of this session is limited to projects: ${visible(session.projects.join(", "))}`}>
            limited
          </span>
        )}
        {isReadOnly ? (
          <span className="tag" title="The key of this session may only read: nothing can be launched or changed with it.">
            read only
          </span>
        ) : (
          <Link to="/launch" className="button primary launch" aria-current={page === "launch" ? "page" : undefined}>
            Launch
          </Link>
        )}
        <button type="button" className="quiet icon keys-button" onClick={() => setShowsKeys(true)} aria-haspopup="dialog" aria-label="Keys" title="Keys: ?">
          <span aria-hidden="true">?</span>
        </button>
        <ThemeButton />
        <Account session={session} />
      </header>
      <main id="main" tabIndex={-1} className={page}>
        {children}
      </main>
      {showsKeys && <ShortcutsDialog onClose={() => setShowsKeys(false)} />}
    </>
  );
}

const THEMES = { system: ["◐", "as the system has it"], light: ["○", "light"], dark: ["●", "dark"] } as const;

function ThemeButton(): ReactNode {
  const [theme, setTheme] = useState(storedTheme);
  const [sign, name] = THEMES[theme];
  const turn = () => {
    const next = nextTheme(theme);
    applyTheme(next);
    setTheme(next);
  };
  return (
    <button type="button" className="quiet icon" onClick={turn} aria-label={`Colours: ${name}`} title={`Colours: ${name}`}>
      <span aria-hidden="true">{sign}</span>
    </button>
  );
}

function Account({ session }: { session: Session }): ReactNode {
  const [open, setOpen] = useState(false);
  const signOut = useSignOut();
  const toast = useToast();
  const leave = (reach: "here" | "everywhere") => signOut.mutate(reach, { onError: (error) => toast({ text: wordsOf(error), tone: "bad" }) });
  return (
    <>
      <button type="button" className="quiet account" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        <span className="account-name">{visible(session.email ?? session.keyName)}</span>
        <span className="account-short" aria-hidden="true">
          {visible(session.email ?? session.keyName).slice(0, 1).toUpperCase()}
        </span>
      </button>
      {open && (
        <Dialog title="Your session" onClose={() => setOpen(false)}>
          <dl className="facts">
            <dt>Key</dt>
            <dd>{visible(session.keyName)}</dd>
            {session.email !== undefined && (
              <>
                <dt>Account</dt>
                <dd>{visible(session.email)}</dd>
              </>
            )}
            <dt>May</dt>
            <dd>{session.scope === "read" ? "read only" : "read and change"}</dd>
            {session.projects.length > 0 && (
              <>
                <dt>Projects</dt>
                <dd>{visible(session.projects.join(", "))}</dd>
              </>
            )}
          </dl>
          <div className="actions">
            <button type="button" onClick={() => leave("here")} disabled={signOut.isPending}>
              Sign out
            </button>
            <button type="button" onClick={() => leave("everywhere")} disabled={signOut.isPending}>
              Sign out everywhere
            </button>
            <button type="button" className="quiet" onClick={() => setOpen(false)}>
              Close
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}
