// Why a run failed, in words, and what helps; docs/errors.md is where they come from.

import { entry } from "./entry";

interface Words {
  what: string;
  help: string;
}

const GO_ON = "The files are kept: a follow-up goes on from them.";

const CAUSES: Record<string, Words> = {
  model_unavailable: { what: "The model could not be reached for half an hour", help: "Send a follow-up later, or name another model." },
  model_auth: { what: "The model's provider refused the server's key", help: "The operator must change it; a follow-up then goes on." },
  model_rejected: { what: "The provider refused the request", help: "Choose another model, or check its configuration." },
  model_refused: { what: "The model declined to answer", help: "Word the prompt differently." },
  model_protocol: { what: "The model answered what no tool understands", help: "Choose a model that is made for using tools." },
  context_exhausted: { what: "The conversation is too long for the model", help: "Launch a new agent from this one's branch, with a narrower prompt." },
  loop_detected: { what: "The model repeated itself", help: "Say in a follow-up what is to be done differently." },
  budget_exceeded: { what: "The run used up its budget", help: "A follow-up has a new budget and goes on from the files." },
  sandbox_unavailable: { what: "No sandbox could be started", help: "Settings, Server shows what is missing." },
  sandbox_lost: { what: "The sandbox died several times", help: `A command may have run out of memory. ${GO_ON}` },
  workspace_failed: { what: "The workspace could not be prepared", help: "Settings, Server shows whether the disk is full." },
  set_up_failed: { what: "The repository's install command failed", help: "A note in the transcript has the end of its output. Mend it; a follow-up tries again." },
  repository_not_found: { what: "The repository does not exist, or the server may not read it", help: "Check its address and the server's credentials." },
  repository_too_large: { what: "The repository is too large", help: "The operator can raise the limit." },
  base_not_found: { what: "The branch, tag or commit to start from does not exist", help: "Launch again with another one." },
  forge_auth: { what: "The git server refused the server's credentials", help: "The operator must change them; a follow-up then goes on." },
  push_denied: { what: "The git server refused the push", help: "The work is kept. Check the branch's protection and the server's rights." },
  import_refused: { what: "The commits were not acceptable", help: "Nothing was pushed. A follow-up can take out what is named." },
  publish_failed: { what: "Publishing stayed impossible", help: "The commit is kept; a follow-up publishes it." },
  script_failed: { what: "A block of the script failed", help: "The transcript has its output." },
  attempts_exhausted: { what: "Five attempts in a row made no progress", help: `The run may bring its server down. ${GO_ON}` },
  internal: { what: "A fault of Outwork itself", help: "The server's log has it under the run's id. Please report it." },
};

export function causeWords(cause: string): Words {
  return entry(CAUSES, cause) ?? { what: cause, help: GO_ON };
}
