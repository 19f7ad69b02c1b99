// Starts the page.

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App } from "./app/app";
import { applyTheme, storedTheme } from "./app/theme";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/parts.css";
import "./styles/agents.css";
import "./styles/agent.css";
import "./styles/diff.css";
import "./styles/forms.css";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no element #root");
applyTheme(storedTheme());
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
