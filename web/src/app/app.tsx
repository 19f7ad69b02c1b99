// The page: who is signed in, and which part is shown.

import { lazy, Suspense, useEffect, useState, type ReactNode } from "react";
import { QueryClientProvider } from "@tanstack/react-query";

import { AgentsPage } from "../agents/agents-page";
import { SignIn } from "../session/sign-in";
import { useSession } from "../session/session";
import { Failure } from "../ui/failure";
import { Spinner } from "../ui/spinner";
import { Toasts } from "../ui/toasts";
import { Link } from "./link";
import { makeQueries } from "./queries";
import { routeOf, useAddress, type Route } from "./router";
import { Shell } from "./shell";
import { StopOnError } from "./stop-on-error";
import { refuseStrayFiles } from "./stray-files";

const loadAgentPage = () => import("../agent/agent-page");
const AgentPage = lazy(loadAgentPage);
const LaunchPage = lazy(() => import("../launch/launch-page"));
const SettingsPage = lazy(() => import("../settings/settings-page"));

const AHEAD_MS = 500;

export function App(): ReactNode {
  const [queries] = useState(makeQueries);
  useEffect(refuseStrayFiles, []);
  return (
    <QueryClientProvider client={queries}>
      <SignedIn />
    </QueryClientProvider>
  );
}

function SignedIn(): ReactNode {
  const session = useSession();
  const address = useAddress();
  const isSignedIn = session.data !== undefined && session.data !== null;
  useEffect(() => {
    // What people open next is fetched while they look at the list.
    if (isSignedIn) window.setTimeout(() => void Promise.all([loadAgentPage(), import("../markdown/rendered")]).catch(() => undefined), AHEAD_MS);
  }, [isSignedIn]);
  // One that could not be read again is still the one that was read: what is on the page stays.
  if (session.isError && session.data === undefined) {
    return (
      <main className="sign-in" id="main">
        <h1>Outwork</h1>
        <Failure error={session.error} onRetry={() => void session.refetch()} />
      </main>
    );
  }
  if (session.data === undefined) return <Spinner />;
  if (session.data === null) return <SignIn />;
  const route = routeOf(new URL(address, location.origin));
  return (
    // Somebody else gets a page without anything of who was here before.
    <Toasts key={session.data.keyId}>
      <Shell session={session.data} route={route}>
        <StopOnError place={address}>
          <Suspense fallback={<Spinner />}>
            <Page route={route} />
          </Suspense>
        </StopOnError>
      </Shell>
    </Toasts>
  );
}

function Page({ route }: { route: Route }): ReactNode {
  switch (route.page) {
    case "agents":
      return <AgentsPage query={route.query} />;
    case "agent":
      return <AgentPage key={route.id} id={route.id} query={route.query} />;
    case "launch":
      return <LaunchPage query={route.query} />;
    case "settings":
      return <SettingsPage section={route.section} />;
    case "unknown":
      return (
        <div className="page">
          <h1>There is nothing here</h1>
          <p>
            <Link to="/agents">To the agents</Link>
          </p>
        </div>
      );
  }
}
